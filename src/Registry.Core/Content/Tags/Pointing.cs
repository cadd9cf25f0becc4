using Registry.Content.Records;
using Registry.Model;

namespace Registry.Content.Tags;

/// <summary>How a push points tags at its manifest.</summary>
/// <param name="Tags">The tags, each once.</param>
internal sealed record Pointing(IReadOnlyList<Tag> Tags)
{
    /// <summary>What must hold of every tag, or, without tags, of the manifest.</summary>
    public TagCondition Condition { get; init; } = TagCondition.None;

    /// <summary>
    /// Which tags a deletion may have to leave alone. They are pointed at a manifest in a way that no deletion of it can overlook, which costs a write where the manifest is there already.
    /// </summary>
    public Func<Tag, bool> IsGuarded { get; init; } = static _ => false;

    public ChangedBy By { get; init; }
}
