using System.Globalization;

namespace Registry.Storage.InMemory;

/// <summary>What an upload token says: which upload, and which of its flushes.</summary>
internal readonly record struct UploadPosition(long Upload, int Flush)
{
    public static UploadPosition Parse(UploadToken token)
    {
        ReadOnlySpan<char> text = token.Value;
        int separator = text.IndexOf('-');
        return separator > 0
            && long.TryParse(text[..separator], NumberStyles.None, CultureInfo.InvariantCulture, out long upload)
            && int.TryParse(text[(separator + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int flush)
            ? new UploadPosition(upload, flush)
            : throw Unknown(token);
    }

    public static ArgumentException Unknown(UploadToken token) => new($"'{token.Value}' is no upload token of this store.", nameof(token));

    public UploadToken ToToken() => new(string.Create(CultureInfo.InvariantCulture, $"{Upload}-{Flush}"));
}
