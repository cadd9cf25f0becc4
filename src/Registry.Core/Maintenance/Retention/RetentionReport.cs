using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>What a run of a feed's retention rules did, or, in a dry run, would have done.</summary>
public sealed record RetentionReport
{
    /// <summary>How many items a report has at most: 1,000. Whoever wants all of them takes them while the run goes on.</summary>
    public const int MaxItems = 1_000;

    /// <summary>The feed's own name; empty for the default feed.</summary>
    public required string Feed { get; init; }

    /// <summary>Whether nothing was changed, and the report says what would have been.</summary>
    public bool DryRun { get; init; }

    /// <summary>When the run began.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset Ended { get; init; }

    /// <summary>How many repositories some rule is about.</summary>
    public int Repositories { get; init; }

    /// <summary>How many tags were looked at.</summary>
    public long TagsSeen { get; init; }

    /// <summary>How many tags were removed.</summary>
    public long TagsRemoved { get; init; }

    /// <summary>How many manifests without tags were found unneeded. They go when they still are at a later run.</summary>
    public long ManifestsCondemned { get; init; }

    /// <summary>How many manifests without tags were removed.</summary>
    public long ManifestsRemoved { get; init; }

    /// <summary>How many tags a rule names and stay, because they are protected, or were pushed or pulled meanwhile.</summary>
    public long Kept { get; init; }

    /// <summary>How many times something failed. What was not removed is named again by the next run.</summary>
    public long Failures { get; init; }

    /// <summary>What became of everything that a rule names, in the order of the run; the first <see cref="MaxItems"/> of it.</summary>
    public IReadOnlyList<RetentionItem> Items { get; init; } = [];

    /// <summary>How many items there were besides.</summary>
    public long ItemsLeftOut { get; init; }

    /// <summary>Why the run ended early; <see langword="null"/> where it went through the whole feed.</summary>
    public string? StoppedBecause { get; init; }
}

/// <summary>What became of a tag or a manifest that a rule names.</summary>
/// <param name="Repository">The repository's name within the feed.</param>
/// <param name="Tag">The tag; <see langword="null"/> for a manifest without tags, for one that could not be read, and where it is about the repository as a whole.</param>
/// <param name="Digest">The manifest; <see langword="null"/> for a tag that could not be read, and where it is about the repository as a whole.</param>
/// <param name="Rule">The rule that names it.</param>
/// <param name="Reason">Why it does: how each of the rule's conditions holds.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Error">What went wrong, where something did.</param>
public sealed record RetentionItem(string Repository, Tag? Tag, Digest? Digest, string Rule, string Reason, RetentionOutcome Outcome, string? Error = null);

/// <summary>What became of a tag or a manifest that a retention rule names.</summary>
public enum RetentionOutcome
{
    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>A manifest without tags: it goes when nothing needs it at a later run either.</summary>
    Condemned,

    /// <summary>A tag that is protected stays.</summary>
    Protected,

    /// <summary>A tag that was pushed or deleted after it had been looked at, or pulled where the rule asks for that, stays as it is now.</summary>
    Changed,

    /// <summary>It could not be removed, or not be judged, and stays until the next run.</summary>
    Failed,
}
