using Registry.Model;

namespace Registry.Content.Tags;

/// <summary>
/// What must hold of where a tag points before it is moved, or of whether a manifest is there: a client's <c>If-Match</c> and <c>If-None-Match</c>
/// (RFC 9110, section 13).
/// </summary>
internal sealed class TagCondition
{
    private readonly Func<Digest?, bool> _holds;

    private TagCondition(Func<Digest?, bool> holds) => _holds = holds;

    /// <summary>No condition.</summary>
    public static TagCondition None { get; } = new(static _ => true);

    /// <summary>The tag must be there and point at one of these, or anywhere when <paramref name="digests"/> is <see langword="null"/>.</summary>
    public static TagCondition PointsAt(IReadOnlyCollection<Digest>? digests) =>
        new(current => current is { } digest && (digests is null || digests.Contains(digest)));

    /// <summary>The tag must not point at any of these, or must not be there when <paramref name="digests"/> is <see langword="null"/>.</summary>
    public static TagCondition PointsNotAt(IReadOnlyCollection<Digest>? digests) =>
        new(current => current is not { } digest || (digests is not null && !digests.Contains(digest)));

    /// <summary>This and another.</summary>
    public TagCondition And(TagCondition other) => this == None ? other : new(current => Holds(current) && other.Holds(current));

    public bool Holds(Digest? current) => _holds(current);
}
