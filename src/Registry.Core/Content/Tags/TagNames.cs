using Registry.Content.Caching;
using Registry.Content.Catalog;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Tags;

/// <summary>The names of tags, which listings read. A name belongs to one generation of its tag and is never written twice.</summary>
internal sealed class TagNames(IObjectStore store, RecordStore records, TimeProvider time)
{
    // Names that were seen. A name is there as long as its generation is, so that it need never be looked at again.
    private readonly FactCache<string, bool> _listed = new(TimeSpan.MaxValue, time);

    /// <summary>
    /// Makes sure that a tag is listed. Its name is written after its record, so that a crash between the two leaves a tag that is not listed rather than a listed one that is not there; the next pull
    /// or push of the tag mends it.
    /// </summary>
    public async ValueTask EnsureAsync(RepositoryName repository, Tag tag, TagRecord record, bool isNew, CancellationToken cancellationToken)
    {
        if (record.Listed is not { } listed)
        {
            return;
        }

        string name = ContentKeys.TagName(repository, tag, listed);
        if (_listed.TryGetFresh(name, out _))
        {
            return;
        }

        FactCache<string, bool>.Look look = _listed.Begin(name);
        if (!isNew && await store.GetAsync(name, cancellationToken).ConfigureAwait(false) is not null)
        {
            look.Remember(true);
            return;
        }

        await store.PutMarkerAsync(name, cancellationToken).ConfigureAwait(false);
        Versioned<TagRecord>? now = await records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken).ConfigureAwait(false);
        if (now?.Record.Listed != listed)
        {
            // Deleted meanwhile, by someone who may have looked for the name before it was there.
            await store.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
            return;
        }

        look.Remember(true);
    }

    /// <inheritdoc cref="TagStore.ListAsync"/>
    public async ValueTask<NamePage> ListAsync(RepositoryName repository, string? after, int limit, CancellationToken cancellationToken)
    {
        var tags = new List<string>(Math.Min(limit, ObjectStoreLimits.MaxPageKeys));
        string prefix = ContentKeys.TagNames(repository);
        string? start = after is null ? null : ContentKeys.AfterTagName(repository, ListingPosition.AmongTags(after));
        while (true)
        {
            // One more than wanted: a tag that was deleted and made again may, for a moment, have two names.
            int wanted = Math.Min(limit - tags.Count, ObjectStoreLimits.MaxPageKeys - 1) + 1;
            KeyPage page = await store.ListAsync(prefix, start, wanted, cancellationToken).ConfigureAwait(false);
            foreach (string key in page.Keys)
            {
                start = key;
                if (!ContentKeys.TryParseTag(key, out Tag tag, out _) || (tags.Count > 0 && tags[^1] == tag.Value))
                {
                    continue;
                }

                if (tags.Count == limit)
                {
                    return new NamePage(tags, true);
                }

                tags.Add(tag.Value);
            }

            if (!page.HasMore)
            {
                return new NamePage(tags, false);
            }
        }
    }
}
