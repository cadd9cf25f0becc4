using System.Globalization;
using Microsoft.AspNetCore.Http;
using Registry.Content.Uploads;

namespace Registry.AspNetCore.Uploads;

/// <summary>Reads the <c>Content-Range</c> of a chunk: <c>start-end</c>, inclusive and without a unit (distribution-spec, "Pushing a blob in chunks").</summary>
internal static class ContentRangeHeader
{
    /// <returns>Whether the header is absent or well-formed.</returns>
    public static bool TryRead(HttpRequest request, out ChunkRange? range)
    {
        range = null;
        if (request.Headers.ContentRange.Count == 0)
        {
            return true;
        }

        ReadOnlySpan<char> text = request.Headers.ContentRange.ToString();
        int dash = text.IndexOf('-');
        if (dash < 0
            || !long.TryParse(text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out long start)
            || !long.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long end)
            || end < start
            || end == long.MaxValue)
        {
            return false;
        }

        range = new ChunkRange(start, end - start + 1);
        return true;
    }
}
