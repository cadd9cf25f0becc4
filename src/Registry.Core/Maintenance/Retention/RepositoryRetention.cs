using Registry.Content;
using Registry.Content.Catalog;
using Registry.Content.Records;
using Registry.Feeds;
using Registry.Maintenance.Jobs;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>
/// Carries out the rules that are about one repository. Manifests without tags come first, so that a run judges what there was before it, as a dry run does. Then tags, page by page: those that can be judged by themselves are
/// removed at once, and only where a rule compares tags with each other are they held (<see cref="TagFacts"/>, some 250 bytes each; 16 more for each name that was pulled, where a rule asks for that).
/// </summary>
internal sealed class RepositoryRetention(
    ContentRoot root, IUnneededManifests manifests, FeedRepository repository, Func<Tag, bool> isProtected, CompiledRule[] rules, bool dryRun, RetentionLog log, int maxTags = RepositoryRetention.MaxTags)
{
    /// <summary>How many tags are compared with each other at most.</summary>
    public const int MaxTags = 1_000_000;

    private const int TagPage = 500;

    private readonly CompiledRule[] _untagged = [.. rules.Where(static rule => rule.Untagged)];
    private readonly CompiledRule[] _single = [.. rules.Where(static rule => !rule.Untagged && !rule.Ranks)];
    private readonly CompiledRule[] _ranking = [.. rules.Where(static rule => !rule.Untagged && rule.Ranks)];
    private CurrentUsage? _usage;
    private bool _hasUnreadTags;

    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        if (rules.Any(static rule => rule.AsksForPulls))
        {
            _usage = await CurrentUsage.LoadAsync(root, repository.FullName, cancellationToken).ConfigureAwait(false);
        }

        if (_untagged.Length > 0)
        {
            await new UntaggedRetention(root, manifests, repository, _untagged, _usage, dryRun, log).RunAsync(cancellationToken).ConfigureAwait(false);
            await log.EndAsync(repository.Name.Value, "the rest of the manifests without tags", cancellationToken).ConfigureAwait(false);
        }

        if (_single.Length + _ranking.Length > 0)
        {
            if (_untagged.Length > 0 && _usage is not null)
            {
                // Manifests without tags may have taken hours.
                await _usage.ReloadAsync(cancellationToken).ConfigureAwait(false);
            }

            await LookAtTagsAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask LookAtTagsAsync(CancellationToken cancellationToken)
    {
        var held = new List<TagFacts>();
        CompiledRule[] ranking = _ranking;
        string? after = null;
        NamePage page;
        do
        {
            page = await root.Tags.ListAsync(repository.FullName, after, TagPage, cancellationToken).ConfigureAwait(false);
            after = page.Names.Count > 0 ? page.Names[^1] : after;
            if (_usage is not null)
            {
                await _usage.RefreshAsync(cancellationToken).ConfigureAwait(false);
            }

            TagLook[] looks = await StoreConcurrency.SelectAsync(page.Names, root.Options.StoreConcurrency, LookAtTagAsync, cancellationToken).ConfigureAwait(false);
            TagFacts[] tags = [.. looks.Select(static look => look.Facts).OfType<TagFacts>()];
            log.TagsSeen += tags.Length;
            await TellOfUnreadAsync(looks, cancellationToken).ConfigureAwait(false);
            Verdict?[] verdicts = await StoreConcurrency.SelectAsync(tags, root.Options.StoreConcurrency, JudgeAloneAsync, cancellationToken).ConfigureAwait(false);
            await CarryOutAsync([.. verdicts.OfType<Verdict>()], cancellationToken).ConfigureAwait(false);
            held.AddRange(tags.Where(tag => ranking.Length > 0 && !tag.IsGone));
            if (held.Count > maxTags)
            {
                // Rules that judge each by itself are carried out still.
                await log.AddAsync(TooMany(ranking[0]), cancellationToken).ConfigureAwait(false);
                (held, ranking) = ([], []);
            }
        }
        while (page.HasMore && !log.IsStopped && _single.Length + ranking.Length > 0);

        foreach (CompiledRule rule in ranking)
        {
            if (!log.IsStopped)
            {
                if (_usage is not null && rule.AsksForPulls)
                {
                    await _usage.RefreshAsync(cancellationToken).ConfigureAwait(false);
                    held.ForEach(NoteUse);
                }

                await CarryOutAsync(await JudgeTogetherAsync(rule, held, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                held.RemoveAll(static tag => tag.IsGone);
            }
        }
    }

    private RetentionItem TooMany(CompiledRule rule) => new(
        repository.Name.Value, null, null, rule.Name, $"there are more than {maxTags} tags, too many to compare them with each other", RetentionOutcome.Failed);

    private async ValueTask<TagLook> LookAtTagAsync(string name, CancellationToken cancellationToken)
    {
        Tag tag = Tag.Parse(name);
        try
        {
            return new TagLook(tag, await ReadTagAsync(tag, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            return new TagLook(tag, null, e);
        }
    }

    // Each that a rule would have had a word on. They stay.
    private async ValueTask TellOfUnreadAsync(TagLook[] looks, CancellationToken cancellationToken)
    {
        foreach (TagLook look in looks.Where(static look => look.Fault is not null))
        {
            _hasUnreadTags = true;
            if (_single.Concat(_ranking).FirstOrDefault(rule => rule.Selects(look.Tag, out _, out _)) is { } rule)
            {
                await log.AddUnreadAsync(new RetentionItem(repository.Name.Value, look.Tag, null, rule.Name, "it cannot be read", RetentionOutcome.Failed, look.Fault!.Message), cancellationToken).ConfigureAwait(false);
            }
        }

        if (Array.Exists(looks, static look => look.Fault is null))
        {
            log.FoundReadable();
        }
    }

    private async ValueTask<TagFacts?> ReadTagAsync(Tag tag, CancellationToken cancellationToken)
    {
        Versioned<TagRecord>? found = await root.Records.ReadAsync<TagRecord>(ContentKeys.Tag(repository.FullName, tag), cancellationToken).ConfigureAwait(false);
        if (found is null || !Digest.TryParse(found.Record.Digest, out Digest digest))
        {
            if (found is not null && !dryRun)
            {
                // Whoever deleted it stopped before it was out of the list.
                await root.Tags.CleanAsync(repository.FullName, tag, found.Record, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }

        // One that leads nowhere is none of the newest, and takes no space. A collector removes it.
        if (Array.Exists(_ranking, rule => rule.Selects(tag, out _, out _)) && !await root.Tags.LeadsSomewhereAsync(repository.FullName, found, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var facts = new TagFacts(tag, found.Record.Generation, digest, found.Record.Updated, found.Record.Updated);
        NoteUse(facts);
        return facts;
    }

    private void NoteUse(TagFacts tag)
    {
        tag.WasUsed(_usage?.LastUsed(tag.Tag.Value));
        tag.WasUsed(_usage?.LastUsed(tag.Digest.Value));
    }

    private async ValueTask<Verdict?> JudgeAloneAsync(TagFacts tag, CancellationToken cancellationToken)
    {
        foreach (CompiledRule rule in _single.Where(rule => rule.Selects(tag.Tag, out _, out _) && rule.IsOldEnough(tag.Pushed, tag.LastUsed)))
        {
            UseLook look = await LookAtUseAsync(rule, tag, cancellationToken).ConfigureAwait(false);
            if (look.Fault is { } fault)
            {
                return Unread(rule, tag, fault);
            }

            if (look.IsUnused)
            {
                return new Verdict(tag, rule, rule.Reason(tag.Tag, tag.Pushed, tag.LastUsed));
            }
        }

        return null;
    }

    // The manifest is read only where a rule asks for pulls, and would name the tag by all else.
    private ValueTask<UseLook> LookAtUseAsync(CompiledRule rule, TagFacts tag, CancellationToken cancellationToken) =>
        rule.AsksForPulls && _usage is not null ? _usage.OfIndexes.LookAsync(rule, tag, cancellationToken) : new ValueTask<UseLook>(new UseLook(IsUnused: true));

    private static Verdict Unread(CompiledRule rule, TagFacts tag, Exception fault) => new(tag, rule, "its manifest cannot be read", fault);

    private async ValueTask<IReadOnlyList<Verdict>> JudgeTogetherAsync(CompiledRule rule, List<TagFacts> held, CancellationToken cancellationToken)
    {
        // Protected tags are among the newest, if they are.
        var named = new List<(TagFacts Tag, string Prefix)>();
        IEnumerable<IGrouping<string, (TagFacts Tag, SemanticVersion Version)>> groups = held
            .Select(tag => (Selected: rule.Selects(tag.Tag, out SemanticVersion version, out string prefix), Tag: tag, Version: version, Prefix: prefix))
            .Where(static tag => tag.Selected)
            .GroupBy(static tag => tag.Prefix, static tag => (tag.Tag, tag.Version), StringComparer.Ordinal);
        foreach (IGrouping<string, (TagFacts Tag, SemanticVersion Version)> group in groups)
        {
            List<(TagFacts Tag, SemanticVersion Version)> newestFirst = [.. group];
            newestFirst.Sort(rule.CompareNewestFirst);
            named.AddRange(newestFirst.Skip(rule.KeepNewest ?? 0).Where(tag => rule.IsOldEnough(tag.Tag.Pushed, tag.Tag.LastUsed)).Select(tag => (tag.Tag, group.Key)));
        }

        UseLook[] looks = await StoreConcurrency.SelectAsync(named, root.Options.StoreConcurrency, (tag, token) => LookAtUseAsync(rule, tag.Tag, token), cancellationToken).ConfigureAwait(false);
        IEnumerable<Verdict> unread = named.Zip(looks).Where(static pair => pair.Second.Fault is not null).Select(pair => Unread(rule, pair.First.Tag, pair.Second.Fault!));
        await TellOfUnreadAsync([.. unread], cancellationToken).ConfigureAwait(false);
        named = [.. named.Zip(looks).Where(static pair => pair.Second.IsUnused).Select(static pair => pair.First)];
        if (rule.TotalBytesAbove is not { } limit)
        {
            return [.. named.Select(tag => new Verdict(tag.Tag, rule, rule.Reason(tag.Tag.Tag, tag.Tag.Pushed, tag.Tag.LastUsed, tag.Prefix)))];
        }

        if (_hasUnreadTags)
        {
            // Whatever manifest was to go, one of them may keep it, or be the newest tag of it.
            await TellAsync(null, "a tag of the repository cannot be read", null).ConfigureAwait(false);
            return [];
        }

        var sizes = new TagSizes(root, repository.FullName);
        await sizes.LoadAsync(held, cancellationToken).ConfigureAwait(false);
        foreach ((Digest digest, Exception fault) in sizes.Unread)
        {
            await TellAsync(digest, "it cannot be read", fault).ConfigureAwait(false);
        }

        if (sizes.HasRead)
        {
            log.FoundReadable();
        }

        Dictionary<TagFacts, string> prefixes = named
            .Where(tag => !tag.Tag.IsDone && !sizes.Unread.ContainsKey(tag.Tag.Digest) && !isProtected(tag.Tag.Tag))
            .ToDictionary(static tag => tag.Tag, static tag => tag.Prefix);
        return [.. sizes.Shrink(held, prefixes.ContainsKey, limit).Select(removed =>
            new Verdict(removed.Tag, rule, rule.Reason(removed.Tag.Tag, removed.Tag.Pushed, removed.Tag.LastUsed, prefixes[removed.Tag], removed.Reason)))];

        ValueTask TellAsync(Digest? digest, string reason, Exception? fault) =>
            log.AddUnreadAsync(new RetentionItem(repository.Name.Value, null, digest, rule.Name, reason, RetentionOutcome.Failed, fault?.Message), cancellationToken);
    }

    private async ValueTask CarryOutAsync(IReadOnlyList<Verdict> verdicts, CancellationToken cancellationToken)
    {
        await TellOfUnreadAsync([.. verdicts.Where(static verdict => verdict.Fault is not null)], cancellationToken).ConfigureAwait(false);

        bool usageIsNewer = false;

        // A few at a time, so that what was done is told before more is done, and what is set meanwhile holds.
        foreach (Verdict[] some in verdicts.Where(static verdict => !verdict.Tag.IsDone).Chunk(root.Options.StoreConcurrency))
        {
            if (log.IsStopped)
            {
                return;
            }

            if (_usage is not null && !dryRun && Array.Exists(some, static verdict => verdict.Rule.AsksForPulls))
            {
                usageIsNewer |= await _usage.RefreshAsync(cancellationToken).ConfigureAwait(false);
            }

            // Where the run is ended meanwhile, what was done is told still.
            Task<RetentionItem>[] all = [.. some.Select(verdict => CarryOutAsync(verdict, usageIsNewer, cancellationToken))];
            Task done = Task.WhenAll(all);
            await done.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            RetentionItem[] items = await Task.WhenAll(all.Where(static one => one.IsCompletedSuccessfully)).ConfigureAwait(false);
            await log.AddAsync([.. items.Select(static item => (item, (Exception?)null))], cancellationToken).ConfigureAwait(false);
            await done.ConfigureAwait(false);
        }
    }

    // Their records could be read: that the store is there is known.
    private async ValueTask TellOfUnreadAsync(Verdict[] verdicts, CancellationToken cancellationToken)
    {
        foreach (Verdict verdict in verdicts.Where(static verdict => !verdict.Tag.IsDone))
        {
            TagFacts tag = verdict.Tag;
            tag.IsDone = true;
            await log.AddUnreadAsync(new RetentionItem(repository.Name.Value, tag.Tag, tag.Digest, verdict.Rule.Name, verdict.Reason, RetentionOutcome.Failed, verdict.Fault?.Message), cancellationToken).ConfigureAwait(false);
            log.FoundReadable();
        }
    }

    private async Task<RetentionItem> CarryOutAsync(Verdict verdict, bool usageIsNewer, CancellationToken cancellationToken)
    {
        TagFacts tag = verdict.Tag;
        tag.IsDone = true;
        if (isProtected(tag.Tag))
        {
            return Item(RetentionOutcome.Protected);
        }

        if (usageIsNewer && verdict.Rule.AsksForPulls)
        {
            NoteUse(tag);
            UseLook look = await LookAtUseAsync(verdict.Rule, tag, cancellationToken).ConfigureAwait(false);
            if (!look.IsUnused)
            {
                return Item(look.Fault is null ? RetentionOutcome.Changed : RetentionOutcome.Failed, look.Fault?.Message);
            }
        }

        try
        {
            bool removed = dryRun || await root.Tags.DeleteUnchangedAsync(repository.FullName, tag.Tag, tag.Generation, ChangedBy.Retention, cancellationToken).ConfigureAwait(false);
            tag.IsGone = removed;
            return Item(removed ? RetentionOutcome.Removed : RetentionOutcome.Changed);
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            return Item(RetentionOutcome.Failed, e.Message);
        }

        RetentionItem Item(RetentionOutcome outcome, string? error = null) => new(repository.Name.Value, tag.Tag, tag.Digest, verdict.Rule.Name, verdict.Reason, outcome, error);
    }

    /// <summary>A tag, and what rules go by: nothing where it is gone or leads nowhere, or where it cannot be read.</summary>
    private sealed record TagLook(Tag Tag, TagFacts? Facts, Exception? Fault = null);

    /// <summary>What a rule says of a tag, or why it cannot say anything.</summary>
    private sealed record Verdict(TagFacts Tag, CompiledRule Rule, string Reason, Exception? Fault = null);
}
