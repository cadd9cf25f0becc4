using Registry.Errors;
using Registry.Model;

namespace Registry.Content.Tags;

/// <summary>
/// What must hold of where a tag points before it is moved or deleted, or of whether a manifest is there: a client's <c>If-Match</c> and <c>If-None-Match</c>
/// (RFC 9110, section 13), and the rights of who moves it.
/// </summary>
internal sealed class TagCondition
{
    private readonly Func<string, Digest?, RegistryException?> _check;

    private TagCondition(Func<string, Digest?, RegistryException?> check) => _check = check;

    /// <summary>No condition.</summary>
    public static TagCondition None { get; } = new(static (_, _) => null);

    /// <summary>The tag must be there and point at one of these, or anywhere when <paramref name="digests"/> is <see langword="null"/>.</summary>
    public static TagCondition PointsAt(IReadOnlyCollection<Digest>? digests) =>
        OfRequest(current => current is { } digest && (digests is null || digests.Contains(digest)));

    /// <summary>The tag must not point at any of these, or must not be there when <paramref name="digests"/> is <see langword="null"/>.</summary>
    public static TagCondition PointsNotAt(IReadOnlyCollection<Digest>? digests) =>
        OfRequest(current => current is not { } digest || (digests is not null && !digests.Contains(digest)));

    /// <summary>Some tags must not be there, or point at the manifest already: the caller may make them and not move them.</summary>
    /// <param name="reasons">Why, for each of the tags.</param>
    /// <param name="digest">The manifest.</param>
    public static TagCondition Keeps(IReadOnlyDictionary<string, string> reasons, Digest digest) => new((reference, current) =>
        current is null || current == digest || !reasons.TryGetValue(reference, out string? reason)
            ? null
            : new RegistryException(RegistryErrorCode.Denied, reason, reference));

    /// <summary>This and another.</summary>
    public TagCondition And(TagCondition other) => this == None ? other : new((reference, current) => Check(reference, current) ?? other.Check(reference, current));

    /// <summary>Checks the condition.</summary>
    /// <param name="reference">The tag, or the manifest's digest.</param>
    /// <param name="current">Where the tag points now.</param>
    /// <returns>How to refuse the request, or <see langword="null"/> where the condition holds.</returns>
    public RegistryException? Check(string reference, Digest? current) => _check(reference, current);

    private static TagCondition OfRequest(Func<Digest?, bool> holds) => new((reference, current) => holds(current)
        ? null
        : new RegistryException(RegistryErrorCode.PreconditionFailed, $"The condition of the request does not hold for '{reference}'.", reference));
}
