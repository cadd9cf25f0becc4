using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Jobs;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Usage;

/// <summary>
/// What is known of the pulls of a store's repositories. A repository has one record of them; names that find no room there are spread by their hash over 16 more, and from each of these over 16 further ones. What has an
/// entry stays where it is, so that nothing is ever moved between two records: who looks for a name adds up what the records on its way have.
/// </summary>
internal sealed class UsageStore(ContentRoot root, int maxEntries = UsageStore.MaxEntries)
{
    /// <summary>For how many names a record has room: with the longest ones it has less than half a megabyte.</summary>
    public const int MaxEntries = 2_048;

    private const int MaxPartLength = 2;
    private const int LookedAtWhenFull = 64;

    private static readonly TimeSpan LookedForRoom = TimeSpan.FromDays(1);

    private volatile bool _begun;

    /// <summary>Notes, once for all, that pulls are counted from now on.</summary>
    public async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        if (!_begun)
        {
            if (await ReadSinceAsync(cancellationToken).ConfigureAwait(false) is null)
            {
                await root.Records.PutAsync(ContentKeys.UsageSince, new UsageSinceRecord { Since = root.Time.GetUtcNow() }, null, cancellationToken).ConfigureAwait(false);
            }

            _begun = true;
        }
    }

    /// <summary>Notes that there were pulls which could not be counted: all are known only since then.</summary>
    public async ValueTask BeginAgainAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        Versioned<UsageSinceRecord>? found = await root.Records.ReadAsync<UsageSinceRecord>(ContentKeys.UsageSince, cancellationToken).ConfigureAwait(false);
        for (int attempt = 0; found is null || found.Record.Since < since; attempt++)
        {
            PutOutcome<UsageSinceRecord> outcome = await root.Records.PutAsync(
                ContentKeys.UsageSince, new UsageSinceRecord { Since = since }, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                return;
            }

            await root.Records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }
    }

    /// <summary>Since when all pulls are known; <see langword="null"/> where they have not been counted yet.</summary>
    public async ValueTask<DateTimeOffset?> ReadSinceAsync(CancellationToken cancellationToken) =>
        (await root.Records.ReadAsync<UsageSinceRecord>(ContentKeys.UsageSince, cancellationToken).ConfigureAwait(false))?.Record.Since;

    /// <summary>Adds pulls to what is known of a repository.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="pulls">The pulls, all of this repository.</param>
    /// <param name="settle">Told of those that have been written, record by record.</param>
    /// <param name="cancellationToken">Ends the writing. What was not settled may be added again.</param>
    public ValueTask AddAsync(RepositoryName repository, IReadOnlyList<PendingPulls> pulls, Action<PendingPulls> settle, CancellationToken cancellationToken) =>
        AddAsync(repository, "", pulls, settle, cancellationToken);

    /// <summary>The pulls of a manifest or a tag.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="name">The manifest's digest or the tag.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public async ValueTask<PullCount?> FindAsync(RepositoryName repository, string name, CancellationToken cancellationToken)
    {
        PullCount? sum = null;
        string part = "";
        while (await root.Records.ReadAsync<UsageRecord>(ContentKeys.Usage(repository, part), cancellationToken).ConfigureAwait(false) is { } found)
        {
            if (found.Record.Entries.TryGetValue(name, out PullCount here))
            {
                sum = sum is { } before ? before + here : here;
            }

            if (part.Length == MaxPartLength)
            {
                break;
            }

            part = NextPart(part, name);
        }

        return sum;
    }

    /// <summary>All pulls of a repository, also of what it does not have any more.</summary>
    public async ValueTask<PullCount?> SumAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        PullCount? sum = null;
        await foreach (UsageRecord record in ReadAllAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            if (record.LastPulled is { } last)
            {
                var here = new PullCount(last, record.Pulls);
                sum = sum is { } before ? before + here : here;
            }
        }

        return sum;
    }

    /// <summary>When everything in a repository was last pulled.</summary>
    public async ValueTask<RepositoryUsage> LoadAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        DateTimeOffset since = await ReadSinceAsync(cancellationToken).ConfigureAwait(false) ?? root.Time.GetUtcNow();
        var usage = new RepositoryUsage(since);
        await foreach (UsageRecord record in ReadAllAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            usage.Add(record, root.Time.GetUtcNow());
        }

        return usage;
    }

    private async IAsyncEnumerable<UsageRecord> ReadAllAsync(RepositoryName repository, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string key in root.Store.ListAllAsync(ContentKeys.Usage(repository), cancellationToken).ConfigureAwait(false))
        {
            if (await root.Records.ReadAsync<UsageRecord>(key, cancellationToken).ConfigureAwait(false) is { } found)
            {
                yield return found.Record;
            }
        }
    }

    private async ValueTask AddAsync(RepositoryName repository, string part, IReadOnlyList<PendingPulls> pulls, Action<PendingPulls> settle, CancellationToken cancellationToken)
    {
        string key = ContentKeys.Usage(repository, part);
        bool isLast = part.Length == MaxPartLength;
        Versioned<UsageRecord>? found = await root.Records.ReadAsync<UsageRecord>(key, cancellationToken).ConfigureAwait(false);
        UsageMerge merge;
        for (int attempt = 0; ; attempt++)
        {
            DateTimeOffset now = root.Time.GetUtcNow();
            UsageRecord before = await WithRoomAsync(repository, found?.Record ?? new UsageRecord(), pulls, now, cancellationToken).ConfigureAwait(false);
            merge = UsageMerge.Of(before, pulls, now, maxEntries, isLast);
            if (merge.Taken.Count == 0 && found is not null && ReferenceEquals(before, found.Record))
            {
                break;
            }

            PutOutcome<UsageRecord> outcome = await root.Records.PutAsync(key, merge.Record, found, cancellationToken).ConfigureAwait(false);
            if (outcome.Won)
            {
                merge.Taken.ForEach(settle);
                break;
            }

            await root.Records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
            found = outcome.Current;
        }

        foreach (IGrouping<string, PendingPulls> group in merge.Left.GroupBy(pending => NextPart(part, pending.Key.Name)))
        {
            await AddAsync(repository, group.Key, [.. group], settle, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Leaves out, of a record that is full, some things that are gone: once a day, and of the ones that were pulled longest ago.</summary>
    private async ValueTask<UsageRecord> WithRoomAsync(
        RepositoryName repository, UsageRecord record, IReadOnlyList<PendingPulls> pulls, DateTimeOffset now, CancellationToken cancellationToken)
    {
        int wanted = pulls.Where(pending => !pending.Key.IsRepository && !record.Entries.ContainsKey(pending.Key.Name)).DistinctBy(static pending => pending.Key.Name).Count();
        long seconds = now.ToUnixTimeSeconds();
        if (record.Entries.Count + wanted <= maxEntries || (record.Pruned is { } pruned && seconds - pruned < LookedForRoom.TotalSeconds))
        {
            return record;
        }

        var entries = new Dictionary<string, PullCount>(record.Entries, StringComparer.Ordinal);
        foreach (string name in record.Entries.OrderBy(static entry => entry.Value.Last).Take(LookedAtWhenFull).Select(static entry => entry.Key))
        {
            try
            {
                if (!await ExistsAsync(repository, name, cancellationToken).ConfigureAwait(false))
                {
                    entries.Remove(name);
                }
            }
            catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
            {
                // What cannot be read may be there. Were this to end the writing, one such thing would keep all pulls of the repository from being known.
            }
        }

        return record with { Entries = entries, Pruned = seconds };
    }

    private async ValueTask<bool> ExistsAsync(RepositoryName repository, string name, CancellationToken cancellationToken)
    {
        if (Digest.TryParse(name, out Digest digest))
        {
            Versioned<ManifestRecord>? manifest = await root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false);
            return manifest is { Record.State: ManifestState.Live };
        }

        return Tag.TryParse(name, out Tag tag)
            && await root.Records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken).ConfigureAwait(false) is { Record.Digest: not null };
    }

    private static string NextPart(string part, string name) => part + NameHash.Digit(NameHash.Of(name), part.Length);
}
