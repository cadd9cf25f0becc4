using Registry.Maintenance.Usage;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>What rules go by, of one tag. A repository may have a great many, so this is all that is held of each.</summary>
/// <param name="tag">The tag.</param>
/// <param name="generation">The generation of its record, by which it is known to be unchanged when it is removed.</param>
/// <param name="digest">The manifest that it points at.</param>
/// <param name="pushed">When it was last pushed.</param>
/// <param name="lastUsed">When it may last have been pulled, where a rule asks for that; no earlier than it was pushed.</param>
internal sealed class TagFacts(Tag tag, string generation, Digest digest, DateTimeOffset pushed, DateTimeOffset lastUsed)
{
    public Tag Tag { get; } = tag;

    public string Generation { get; } = generation;

    public Digest Digest { get; } = digest;

    public DateTimeOffset Pushed { get; } = pushed;

    public DateTimeOffset LastUsed { get; private set; } = lastUsed;

    /// <summary>Whether a rule's word on it has been carried out, so that no other rule's is.</summary>
    public bool IsDone { get; set; }

    /// <summary>Whether it is gone, or would be.</summary>
    public bool IsGone { get; set; }

    /// <summary>Counts a use of what its manifest names.</summary>
    public void WasUsed(DateTimeOffset? use) => LastUsed = RepositoryUsage.Later(LastUsed, use);
}
