using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Http;
using Registry.Content.Tags;
using Registry.Model;

namespace Registry.AspNetCore.Manifests;

/// <summary>What a client asks for before a tag is moved or deleted (RFC 9110, section 13).</summary>
internal static class ManifestConditions
{
    /// <summary>Reads <c>If-Match</c> and <c>If-None-Match</c>.</summary>
    public static TagCondition Read(IHeaderDictionary headers)
    {
        TagCondition condition = EntityTags.TryRead(headers.IfMatch, out IReadOnlyCollection<Digest>? match) ? TagCondition.PointsAt(match) : TagCondition.None;
        return EntityTags.TryRead(headers.IfNoneMatch, out IReadOnlyCollection<Digest>? noneMatch) ? condition.And(TagCondition.PointsNotAt(noneMatch)) : condition;
    }
}
