using Registry.Content;
using Registry.Content.Catalog;
using Registry.Content.Quotas;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Quotas;

/// <summary>One pass over the store for some scopes: their blobs in the order of the refs, then the manifests and then the tags of each repository.</summary>
internal sealed class RecountPass
{
    // What one scope, and what all of them, have in memory before it is put into their records.
    private const int FoundByOne = 1000;
    private const int FoundByAll = 100_000;

    // A scope that was told of the recount keeps a bounded number of changes for it, and so is to wait no longer than this for its turn.
    private const int PagesBetween = 10;

    private const int SizesAtOnce = 128;

    private readonly ContentRoot _root;
    private readonly bool _announce;
    private readonly Dictionary<string, ScopeTally> _tallies;
    private int _pages;
    private int _flushes;
    private long _passedOver;

    /// <param name="root">The store's content.</param>
    /// <param name="scopes">What is counted.</param>
    /// <param name="announce">Whether the scopes are told of the recount.</param>
    public RecountPass(ContentRoot root, IReadOnlyList<QuotaScope> scopes, bool announce)
    {
        _root = root;
        _announce = announce;
        string id = root.Ids.Next();
        _tallies = scopes.ToDictionary(static scope => scope.Key, scope => new ScopeTally(scope, root.Quotas.LedgerOf(scope), id), StringComparer.Ordinal);
    }

    public long Verified => _tallies.Values.Count(static tally => !tally.IsDisturbed);

    public long Corrected => _tallies.Values.Count(static tally => tally is { IsDisturbed: false, IsCorrected: true });

    /// <summary>How many records could not be read, and were passed over.</summary>
    public long Unreadable => _passedOver + _tallies.Values.Count(static tally => tally.IsUnreadable);

    public List<QuotaScope> Disturbed => [.. _tallies.Values.Where(static tally => tally.IsDisturbed).Select(static tally => tally.Scope)];

    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        await ForEachTallyAsync(tally => tally.BeginAsync(_announce, cancellationToken), cancellationToken).ConfigureAwait(false);
        await CountBlobsAsync(cancellationToken).ConfigureAwait(false);
        await CountRepositoriesAsync(CountManifestsAsync, cancellationToken).ConfigureAwait(false);
        await CountRepositoriesAsync(CountTagsAsync, cancellationToken).ConfigureAwait(false);
        await ForEachTallyAsync(static tally => tally.FlushAsync(null), cancellationToken).ConfigureAwait(false);
    }

    // Whenever something was put in place, listings begin anew behind it: what is found afterwards must have been looked at afterwards.
    private async ValueTask CountBlobsAsync(CancellationToken cancellationToken)
    {
        string? after = null;
        var held = new List<(Digest Digest, List<ScopeTally> By)>();
        KeyPage page;
        do
        {
            page = await _root.Store.ListAsync(ContentKeys.RefsPrefix, after, ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
            _pages++;
            int flushes = _flushes;
            foreach (string key in page.Keys)
            {
                after = key;
                if (!ContentKeys.TryParseRef(key, out Digest digest, out RepositoryName repository))
                {
                    continue;
                }

                if (held.Count == 0 || held[^1].Digest != digest)
                {
                    if (held.Count >= SizesAtOnce || (held.Count > 0 && _pages >= PagesBetween))
                    {
                        await AddBlobsAsync(held, cancellationToken).ConfigureAwait(false);
                        await FlushAsync(QuotaItem.Blob(held[^1].Digest, 0).Key, cancellationToken).ConfigureAwait(false);
                        if (flushes != _flushes)
                        {
                            after = ContentKeys.AfterRefs(held[^1].Digest);
                            held.Clear();
                            break;
                        }

                        held.Clear();
                    }

                    held.Add((digest, []));
                }

                List<ScopeTally> by = held[^1].By;
                by.AddRange(TalliesOf(repository).Where(tally => !by.Contains(tally)));
            }

            if (flushes != _flushes)
            {
                page = page with { HasMore = true };
            }
        }
        while (page.HasMore);

        await AddBlobsAsync(held, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AddBlobsAsync(List<(Digest Digest, List<ScopeTally> By)> held, CancellationToken cancellationToken)
    {
        List<(Digest Digest, List<ScopeTally> By)> wanted = held.FindAll(static blob => blob.By.Count > 0);
        long?[] sizes = await StoreConcurrency.SelectAsync(
            wanted, _root.Options.StoreConcurrency, (blob, token) => PassOverAsync(_root.Quotas.Holdings.SizeOfAsync(blob.Digest, token)), cancellationToken).ConfigureAwait(false);
        foreach (((Digest digest, List<ScopeTally> by), long? size) in wanted.Zip(sizes))
        {
            if (size is { } bytes)
            {
                by.ForEach(tally => tally.Add(QuotaItem.Blob(digest, bytes)));
            }
        }
    }

    private async ValueTask CountRepositoriesAsync(Func<RepositoryName, List<ScopeTally>, CancellationToken, ValueTask> count, CancellationToken cancellationToken)
    {
        string? after = null;
        bool more;
        do
        {
            NamePage page = await _root.Catalog.ListAsync("", after, ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
            _pages++;
            more = page.HasMore;
            int flushes = _flushes;
            foreach (string name in page.Names)
            {
                after = name;
                var repository = RepositoryName.Parse(name);
                List<ScopeTally> tallies = [.. TalliesOf(repository)];
                if (tallies.Count > 0)
                {
                    await count(repository, tallies, cancellationToken).ConfigureAwait(false);
                }

                if (flushes != _flushes)
                {
                    more = true;
                    break;
                }
            }
        }
        while (more);
    }

    private ValueTask CountManifestsAsync(RepositoryName repository, List<ScopeTally> tallies, CancellationToken cancellationToken) => CountAsync(
        ContentKeys.Manifests(repository),
        tallies,
        async (key, token) =>
        {
            if (!ContentKeys.TryParseManifest(key, out Digest digest))
            {
                return null;
            }

            long? size = await PassOverAsync(_root.Quotas.Holdings.SizeOfAsync(repository, digest, token)).ConfigureAwait(false);
            return (QuotaItem.Manifest(repository, digest, size ?? 0), size is not null);
        },
        cancellationToken);

    // By their records: a name that a deletion left in the list when it broke off is no tag.
    private ValueTask CountTagsAsync(RepositoryName repository, List<ScopeTally> tallies, CancellationToken cancellationToken)
    {
        string prefix = ContentKeys.Tags(repository);
        return CountAsync(
            prefix,
            tallies,
            async (key, token) => Tag.TryParse(key.AsSpan(prefix.Length), out Tag tag)
                ? (QuotaItem.Tag(repository, tag), await PassOverAsync(_root.Quotas.Holdings.HasTagAsync(repository, tag, token)).ConfigureAwait(false))
                : null,
            cancellationToken);
    }

    private async ValueTask CountAsync(
        string prefix, List<ScopeTally> tallies, Func<string, CancellationToken, ValueTask<(QuotaItem Item, bool IsHeld)?>> look, CancellationToken cancellationToken)
    {
        string? after = null;
        KeyPage page;
        do
        {
            page = await _root.Store.ListAsync(prefix, after, FoundByOne, cancellationToken).ConfigureAwait(false);
            _pages++;
            (QuotaItem Item, bool IsHeld)?[] looks = await StoreConcurrency.SelectAsync(page.Keys, _root.Options.StoreConcurrency, look, cancellationToken).ConfigureAwait(false);
            string? last = null;
            foreach ((QuotaItem item, bool isHeld) in looks.OfType<(QuotaItem, bool)>())
            {
                last = item.Key;
                if (isHeld)
                {
                    tallies.ForEach(tally => tally.Add(item));
                }
            }

            after = page.Keys.Count > 0 ? page.Keys[^1] : null;
            if (last is not null)
            {
                await FlushAsync(last, cancellationToken).ConfigureAwait(false);
            }
        }
        while (page.HasMore);
    }

    // What is broken is the scrub's to report. It must not keep everything else from being counted.
    private async ValueTask<T?> PassOverAsync<T>(ValueTask<T> look)
    {
        try
        {
            return await look.ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            Interlocked.Increment(ref _passedOver);
            return default;
        }
    }

    // Puts in place what was found up to an item, where it is much or waited long.
    private async ValueTask FlushAsync(string upTo, CancellationToken cancellationToken)
    {
        bool all = (_announce && _pages >= PagesBetween) || _tallies.Values.Sum(static tally => tally.Count) >= FoundByAll;
        ScopeTally[] due = [.. _tallies.Values.Where(tally => !tally.IsDisturbed && (all || tally.Count >= FoundByOne))];
        if (due.Length == 0)
        {
            return;
        }

        await StoreConcurrency.ForEachAsync(due, _root.Options.StoreConcurrency, (tally, _) => tally.FlushAsync(upTo), cancellationToken).ConfigureAwait(false);
        _flushes++;
        _pages = 0;
    }

    private Task ForEachTallyAsync(Func<ScopeTally, ValueTask> action, CancellationToken cancellationToken) =>
        StoreConcurrency.ForEachAsync(_tallies.Values, _root.Options.StoreConcurrency, (tally, _) => action(tally), cancellationToken);

    private IEnumerable<ScopeTally> TalliesOf(RepositoryName repository)
    {
        foreach (QuotaScope scope in _root.Quotas.Scopes.ScopesOf(repository))
        {
            if (_tallies.TryGetValue(scope.Key, out ScopeTally? tally) && !tally.IsDisturbed)
            {
                yield return tally;
            }
        }
    }
}
