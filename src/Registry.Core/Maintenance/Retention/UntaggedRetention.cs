using Registry.Content;
using Registry.Content.Records;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Usage;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Retention;

/// <summary>Carries out rules about manifests without tags on one repository, page by page.</summary>
internal sealed class UntaggedRetention(
    ContentRoot root, IUnneededManifests manifests, FeedRepository repository, CompiledRule[] rules, CurrentUsage? usage, bool dryRun, RetentionLog log)
{
    // Before manifests end, every tag of the repository is looked at: better once for many.
    private const int PageSize = 1000;

    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        string? after = null;
        KeyPage page;
        do
        {
            page = await root.Store.ListAsync(ContentKeys.Manifests(repository.FullName), after, PageSize, cancellationToken).ConfigureAwait(false);
            after = page.Keys.Count > 0 ? page.Keys[^1] : after;
            if (usage is not null)
            {
                await usage.RefreshAsync(cancellationToken).ConfigureAwait(false);
            }

            NamedManifest[] all = [.. (await StoreConcurrency.SelectAsync(page.Keys, root.Options.StoreConcurrency, ReadAsync, cancellationToken).ConfigureAwait(false)).OfType<NamedManifest>()];
            await TellOfUnreadAsync([.. all.Where(static one => one.Fault is not null)], page.Keys.Count, cancellationToken).ConfigureAwait(false);
            if (log.IsStopped)
            {
                return;
            }

            NamedManifest[] named = [.. all.Where(static one => one.Fault is null)];
            IReadOnlyList<UnneededLook> looks = await manifests.ConsiderAsync(
                repository.FullName, [.. named.Select(static one => one.Digest)], FindUsedAsync, dryRun, cancellationToken).ConfigureAwait(false);

            // One tag that cannot be read is reason enough for all of them to stay.
            await log.AddAsync([.. named.Zip(looks, ToItem).OfType<(RetentionItem, Exception?)>()], cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        while (page.HasMore && !log.IsStopped);
    }

    private async ValueTask TellOfUnreadAsync(NamedManifest[] unread, int lookedAt, CancellationToken cancellationToken)
    {
        foreach (NamedManifest one in unread)
        {
            await log.AddUnreadAsync(new RetentionItem(repository.Name.Value, null, one.Digest, one.Rule, one.Reason, RetentionOutcome.Failed, one.Fault!.Message), cancellationToken).ConfigureAwait(false);
        }

        if (unread.Length < lookedAt)
        {
            log.FoundReadable();
        }
    }

    // To look at many takes its time: those that no rule names any more by what is known of pulls now.
    private async ValueTask<IReadOnlyList<Digest>> FindUsedAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        if (digests.Count == 0 || usage is null || !await usage.RefreshAsync(cancellationToken).ConfigureAwait(false))
        {
            return [];
        }

        NamedManifest?[] named = await StoreConcurrency.SelectAsync(
            [.. digests.Select(digest => ContentKeys.Manifest(repository.FullName, digest))], root.Options.StoreConcurrency, ReadAsync, cancellationToken).ConfigureAwait(false);
        return [.. digests.Except(named.OfType<NamedManifest>().Where(static one => one.Fault is null).Select(static one => one.Digest))];
    }

    // Those alone that a rule names.
    private async ValueTask<NamedManifest?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        if (!ContentKeys.TryParseManifest(key, out Digest digest))
        {
            return null;
        }

        try
        {
            if (await root.Records.ReadAsync<ManifestRecord>(key, cancellationToken).ConfigureAwait(false) is not { Record: { State: ManifestState.Live } record })
            {
                return null;
            }

            DateTimeOffset used = RepositoryUsage.Later(record.Pushed, usage?.LastUsed(digest.Value));
            if (usage is not null && Array.Exists(rules, one => one.AsksForPulls && one.IsOldEnough(record.Pushed, used)))
            {
                used = RepositoryUsage.Later(used, await usage.OfIndexes.FindLastUseAsync(digest, cancellationToken).ConfigureAwait(false));
            }

            return Array.Find(rules, one => one.IsOldEnough(record.Pushed, used)) is { } rule ? new NamedManifest(digest, rule.Name, rule.Reason(null, record.Pushed, used)) : null;
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            return new NamedManifest(digest, rules[0].Name, "it cannot be read", e);
        }
    }

    private (RetentionItem Item, Exception? Fault)? ToItem(NamedManifest named, UnneededLook look)
    {
        RetentionOutcome? outcome = look switch
        {
            { Fault: not null } => RetentionOutcome.Failed,
            { Fate: ManifestFate.Condemned } => RetentionOutcome.Condemned,
            { Fate: ManifestFate.Removed } => RetentionOutcome.Removed,
            _ => null,
        };
        return outcome is { } known ? (new RetentionItem(repository.Name.Value, null, named.Digest, named.Rule, named.Reason, known, look.Fault?.Message), look.Fault) : null;
    }

    /// <summary>A manifest that a rule names, or that cannot be read.</summary>
    private sealed record NamedManifest(Digest Digest, string Rule, string Reason, Exception? Fault = null);
}
