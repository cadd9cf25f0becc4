using Microsoft.Extensions.Primitives;
using Registry.Model;

namespace Registry.AspNetCore.Http;

/// <summary>
/// Reads <c>If-Match</c> and <c>If-None-Match</c>. An ETag here is a quoted digest; clients also send it bare (RFC 9110, section 13.1).
/// </summary>
internal static class EntityTags
{
    /// <summary>Reads a list of ETags.</summary>
    /// <param name="header">The header's values.</param>
    /// <param name="digests">The digests, or <see langword="null"/> for <c>*</c>.</param>
    /// <returns>Whether the header is there.</returns>
    public static bool TryRead(StringValues header, out IReadOnlyCollection<Digest>? digests)
    {
        digests = null;
        if (header.Count == 0)
        {
            return false;
        }

        var read = new List<Digest>();
        foreach (string? value in header)
        {
            foreach (Range range in value.AsSpan().Split(','))
            {
                ReadOnlySpan<char> tag = value.AsSpan()[range].Trim();
                if (tag is "*")
                {
                    return true;
                }

                tag = tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
                if (Digest.TryParse(tag.Trim('"'), out Digest digest))
                {
                    read.Add(digest);
                }
            }
        }

        digests = read;
        return true;
    }

    /// <summary>Whether <c>If-None-Match</c> names what would be sent, so that 304 is the answer.</summary>
    public static bool IsNotModified(StringValues ifNoneMatch, Digest digest) =>
        TryRead(ifNoneMatch, out IReadOnlyCollection<Digest>? digests) && (digests is null || digests.Contains(digest));
}
