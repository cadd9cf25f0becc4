using Registry.Content;
using Registry.Content.Refs;

namespace Registry.Maintenance.Collection;

/// <summary>
/// What may be collected before the next scan gets there: content that this host let go of, looked at a first time at once and again when it is due. It is bounded and kept in memory alone; the scan finds what it
/// does not.
/// </summary>
internal sealed class DueContent(ContentRoot root)
{
    private const int Capacity = 65_536;

    private readonly Lock _lock = new();
    private readonly PriorityQueue<ContentPlace, DateTimeOffset> _due = new();
    private readonly HashSet<ContentPlace> _known = [];

    /// <summary>How many places wait to be looked at.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _due.Count;
            }
        }
    }

    /// <summary>Looks at what is due.</summary>
    public async ValueTask WorkOffAsync(CollectionRun run, BlobCollector blobs, ManifestCollector manifests, CancellationToken cancellationToken)
    {
        DateTimeOffset now = root.Time.GetUtcNow();
        Gather(now);
        if (!HasDue(now))
        {
            return;
        }

        // No claim has told what time it is by the store's clock.
        await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
        await run.Clock.AskAsync(root.Store, cancellationToken).ConfigureAwait(false);
        while (Take(now) is { } place)
        {
            await run.ForEachAsync([place], async (next, token) => await LookAsync(run, next, blobs, manifests, now, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask LookAsync(CollectionRun run, ContentPlace place, BlobCollector blobs, ManifestCollector manifests, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // A manifest is marked here, if its feed lets it go at all, and ended by a scan, which looks at all tags.
        if (place.Digest.IsSupported)
        {
            await manifests.ExamineAsync(place.Repository, place.Digest, cancellationToken).ConfigureAwait(false);
        }

        if (await blobs.ExamineAsync(place.Digest, cancellationToken).ConfigureAwait(false) is BlobFate.Condemned or BlobFate.Leased)
        {
            Add(place, now + run.GracePeriod);
        }
    }

    private void Gather(DateTimeOffset now)
    {
        while (root.Released.TryTake(out ContentPlace place))
        {
            Add(place, now);
        }
    }

    private void Add(ContentPlace place, DateTimeOffset due)
    {
        lock (_lock)
        {
            if (_due.Count < Capacity && _known.Add(place))
            {
                _due.Enqueue(place, due);
            }
        }
    }

    private bool HasDue(DateTimeOffset now)
    {
        lock (_lock)
        {
            return _due.TryPeek(out _, out DateTimeOffset due) && due <= now;
        }
    }

    private ContentPlace? Take(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_due.TryPeek(out ContentPlace place, out DateTimeOffset due) || due > now)
            {
                return null;
            }

            _due.Dequeue();
            _known.Remove(place);
            return place;
        }
    }
}
