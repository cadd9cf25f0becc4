namespace Registry.Content.Records;

/// <summary>One change of where a tag points. Where it led to is what the next one came from, or where the tag points now.</summary>
/// <param name="At">When it was.</param>
/// <param name="From">The manifest's digest that the tag pointed at before; <see langword="null"/> where it was not there.</param>
/// <param name="By">The user who did it.</param>
/// <param name="Job">The registry's own job that did it.</param>
internal sealed record TagStep(DateTimeOffset At, string? From, string? By, string? Job)
{
    /// <summary>The steps of a tag that is changed now, the newest first.</summary>
    /// <param name="before">The tag before.</param>
    /// <param name="to">Where it is to point. Where it does already there is no new step.</param>
    /// <param name="by">Who changes it.</param>
    /// <param name="at">When.</param>
    /// <param name="limit">How many are kept.</param>
    public static IReadOnlyList<TagStep>? Following(TagRecord? before, string? to, ChangedBy by, DateTimeOffset at, int limit)
    {
        IEnumerable<TagStep> known = before?.History ?? [];
        TagStep[] steps = [.. (before?.Digest == to ? known : known.Prepend(new TagStep(at, before?.Digest, by.User, by.Job))).Take(limit)];
        return steps.Length == 0 ? null : steps;
    }
}

/// <summary>Who changes a tag; the default value is a client that nobody signed in at.</summary>
/// <param name="User">The user's name, of which a record keeps the first <see cref="MaxNameLength"/> characters.</param>
/// <param name="Job">The name of the registry's own job, where it is one.</param>
internal readonly record struct ChangedBy(string? User, string? Job = null)
{
    private const int MaxNameLength = 256;

    /// <summary>The collection of content that nothing needs.</summary>
    public static ChangedBy Collection { get; } = new(null, "collection");

    /// <summary>The rules of a feed on what it does not keep.</summary>
    public static ChangedBy Retention { get; } = new(null, "retention");

    /// <summary>The scrub.</summary>
    public static ChangedBy Scrub { get; } = new(null, "scrub");

    public string? User { get; } = User is { Length: > MaxNameLength } ? User[..MaxNameLength] : User;
}
