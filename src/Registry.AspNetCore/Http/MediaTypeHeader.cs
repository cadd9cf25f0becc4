namespace Registry.AspNetCore.Http;

internal static class MediaTypeHeader
{
    /// <summary>A media type without its parameters, in lower case, or <see langword="null"/> when there is none.</summary>
    public static string? Bare(string? contentType)
    {
        ReadOnlySpan<char> text = contentType;
        int semicolon = text.IndexOf(';');
        text = (semicolon < 0 ? text : text[..semicolon]).Trim();
        return text.IsEmpty ? null : text.ToString().ToLowerInvariant();
    }
}
