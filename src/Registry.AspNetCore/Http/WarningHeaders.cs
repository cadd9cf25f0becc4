using Microsoft.Extensions.Primitives;

namespace Registry.AspNetCore.Http;

/// <summary><c>Warning</c> headers: code 299, agent <c>-</c>, no date, 4,096 bytes in all (distribution-spec, "Warnings").</summary>
internal static class WarningHeaders
{
    private const int MaxBytes = 4096;

    public static StringValues Format(IEnumerable<string> warnings) => new([.. warnings.Distinct(StringComparer.Ordinal).Select(Format)]);

    public static IEnumerable<string> Validate(IEnumerable<string> warnings)
    {
        int bytes = 0;
        foreach (string warning in warnings.Distinct(StringComparer.Ordinal))
        {
            if (warning.Length == 0 || warning.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                yield return $"'{warning}' has to be a text of printable ASCII characters.";
            }

            bytes += Format(warning).Length;
        }

        if (bytes > MaxBytes)
        {
            yield return $"the headers have {bytes} bytes in all; {MaxBytes} are allowed.";
        }
    }

    private static string Format(string warning) =>
        $"299 - \"{warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
