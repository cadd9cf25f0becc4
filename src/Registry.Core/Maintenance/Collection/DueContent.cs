using Registry.Content;
using Registry.Content.Refs;
using Registry.Content.Released;

namespace Registry.Maintenance.Collection;

/// <summary>
/// What may be collected before the next scan gets there: content that this host let go of, and tags of which it saw that something is left, looked at a first time at once and again when it is due. It is bounded and kept
/// in memory alone; the scan finds what it does not.
/// </summary>
internal sealed class DueContent(ContentRoot root)
{
    private const int Capacity = 65_536;

    private readonly DueQueue<ContentPlace> _content = new(Capacity);
    private readonly DueQueue<TagPlace> _tags = new(Capacity);

    /// <summary>How many places wait to be looked at.</summary>
    public int Count => _content.Count + _tags.Count;

    /// <summary>Looks at what is due.</summary>
    public async ValueTask WorkOffAsync(CollectionRun run, BlobCollector blobs, ManifestCollector manifests, TagSweeper tags, CancellationToken cancellationToken)
    {
        DateTimeOffset now = root.Time.GetUtcNow();
        Gather(now);
        if (!_content.HasDue(now) && !_tags.HasDue(now))
        {
            return;
        }

        // No claim has told what time it is by the store's clock.
        await run.PaceWriteAsync(cancellationToken).ConfigureAwait(false);
        await run.Clock.AskAsync(root.Store, cancellationToken).ConfigureAwait(false);
        while (_content.Take(now) is { } place)
        {
            await run.TryAsync(async token => await LookAsync(run, place, blobs, manifests, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }

        while (_tags.Take(now) is { } place)
        {
            await run.TryAsync(async token => await LookAsync(run, place, tags, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask LookAsync(CollectionRun run, ContentPlace place, BlobCollector blobs, ManifestCollector manifests, CancellationToken cancellationToken)
    {
        // A manifest is marked here, if its feed lets it go at all, and ended by a scan, which looks at all tags.
        if (place.Digest.IsSupported)
        {
            await manifests.ExamineAsync(place.Repository, place.Digest, cancellationToken).ConfigureAwait(false);
        }

        if (await blobs.ExamineAsync(place.Digest, cancellationToken).ConfigureAwait(false) is BlobFate.Condemned or BlobFate.Leased)
        {
            _content.Add(place, AgainAt(run));
        }
    }

    private async ValueTask LookAsync(CollectionRun run, TagPlace place, TagSweeper tags, CancellationToken cancellationToken)
    {
        if (await tags.ExamineAsync(place.Repository, place.Tag, cancellationToken).ConfigureAwait(false) == TagFate.Young)
        {
            _tags.Add(place, AgainAt(run));
        }
    }

    // From when it was looked at, which in a long round is later than when that began: a look that came too early would have to wait as long again.
    private DateTimeOffset AgainAt(CollectionRun run) => root.Time.GetUtcNow() + run.GracePeriod;

    private void Gather(DateTimeOffset now)
    {
        while (root.Released.TryTake(out ContentPlace place))
        {
            _content.Add(place, now);
        }

        while (root.Released.TryTake(out TagPlace place))
        {
            _tags.Add(place, now);
        }
    }
}
