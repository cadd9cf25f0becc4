using System.Globalization;
using System.Text;

namespace Registry.TestServers.Faults;

/// <summary>A request as it came to the proxy.</summary>
/// <param name="Number">Its running number at this proxy, from 1 on.</param>
/// <param name="Method">Its method.</param>
/// <param name="Target">Its target as it was sent: path and query with their own percent-encoding.</param>
/// <param name="Headers">Its headers; of those that came several times the last.</param>
public sealed record ProxiedRequest(int Number, string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The target without its query.</summary>
    public string Path => Target.Split('?')[0];

    /// <summary>The query without its question mark, or nothing.</summary>
    public string Query => Target.Contains('?', StringComparison.Ordinal) ? Target[(Target.IndexOf('?', StringComparison.Ordinal) + 1)..] : "";

    /// <summary>How many bytes its body says to have.</summary>
    public long ContentLength => Header("Content-Length") is { } length ? long.Parse(length, CultureInfo.InvariantCulture) : 0;

    /// <summary>A header's value, or null.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public override string ToString() => $"{Number}: {Method} {Target}";

    internal static ProxiedRequest Parse(int number, ReadOnlySpan<byte> head)
    {
        (string[] start, Dictionary<string, string> headers) = ParseHead(head);
        return new ProxiedRequest(number, start[0], start[1], headers);
    }

    internal static (string[] Start, Dictionary<string, string> Headers) ParseHead(ReadOnlySpan<byte> head)
    {
        string[] lines = Encoding.Latin1.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return (lines[0].Split(' ', 3), headers);
    }
}
