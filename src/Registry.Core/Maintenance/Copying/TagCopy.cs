using System.Text.Json;
using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>Copies tags, each after the manifest that it points at.</summary>
internal sealed class TagCopy(CopyRun run, ManifestCopy manifests)
{
    private const int Attempts = 5;

    /// <summary>Makes the target's tag what the source's is.</summary>
    public async ValueTask EnsureAsync(RepositoryName repository, Tag tag)
    {
        string key = ContentKeys.Tag(repository, tag);
        Digest dangling = default;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            SmallObject? found = (await run.GetAsync(run.Source, key).ConfigureAwait(false)).Found;
            (bool isReadable, SmallObject? there) = await run.GetAsync(run.Target, key).ConfigureAwait(false);
            if (found is null || !isReadable || (there is not null && there.Content.Span.SequenceEqual(found.Content.Span)))
            {
                return;
            }

            if (!TryRead(key, found, out TagRecord? record))
            {
                return;
            }

            if (!Digest.TryParse(record!.Digest, out Digest digest))
            {
                if (there is not null)
                {
                    await RemoveAsync(repository, tag, there).ConfigureAwait(false);
                }

                return;
            }

            if (await manifests.EnsureAsync(repository, digest).ConfigureAwait(false) is { } generation && generation == record.ManifestGeneration)
            {
                if (await PutAsync(repository, tag, digest, record, found, there).ConfigureAwait(false))
                {
                    return;
                }
            }
            else if (dangling == digest)
            {
                // Not moved or deleted meanwhile: it has nothing to point at.
                run.Add(ContentCopyProblemKind.TagDangling, key, $"{repository}:{tag} points at {digest}, which is not there or could not be copied.");
                return;
            }

            dangling = digest;
        }
    }

    /// <summary>Looks once more at tags whose manifest was copied anew after them.</summary>
    public async ValueTask FollowAsync()
    {
        while (manifests.TryTakeReplaced(out (RepositoryName Repository, Digest Digest) replaced))
        {
            await foreach (string key in run.Target.Store.ListAllAsync(ContentKeys.Tagged(replaced.Repository, replaced.Digest), run.Token).ConfigureAwait(false))
            {
                if (ContentKeys.TryParseTag(key, out Tag tag, out _))
                {
                    await EnsureAsync(replaced.Repository, tag).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Removes a tag from the target.</summary>
    public async ValueTask RemoveAsync(RepositoryName repository, Tag tag, SmallObject there)
    {
        // Nobody else writes to the target, so that its key can go with it. The record goes last: until then, a second run finds the markers by it.
        if (TryRead(ContentKeys.Tag(repository, tag), there, out TagRecord? record) && Digest.TryParse(record!.Digest, out Digest digest))
        {
            await RemoveMarkersAsync(repository, tag, digest, record, kept: null).ConfigureAwait(false);
        }

        await run.Target.Store.DeleteAsync(ContentKeys.Tag(repository, tag), run.Token).ConfigureAwait(false);
        run.Count(static report => report with { Removed = report.Removed + 1 });
    }

    private async ValueTask<bool> PutAsync(RepositoryName repository, Tag tag, Digest digest, TagRecord record, SmallObject found, SmallObject? there)
    {
        // Both markers come first, so that a tag that is equal has them.
        await run.Target.Store.PutMarkerAsync(ContentKeys.Tagged(repository, digest, tag, record.Generation), run.Token).ConfigureAwait(false);
        if (record.Listed is { } listed)
        {
            await run.Target.Store.PutMarkerAsync(ContentKeys.TagName(repository, tag, listed), run.Token).ConfigureAwait(false);
        }

        if (!await run.PutAsync(ContentKeys.Tag(repository, tag), found.Content, there, static report => report with { Tags = report.Tags + 1 }).ConfigureAwait(false))
        {
            return false;
        }

        if (there is not null && TryRead(ContentKeys.Tag(repository, tag), there, out TagRecord? before) && Digest.TryParse(before!.Digest, out Digest left))
        {
            await RemoveMarkersAsync(repository, tag, left, before, record).ConfigureAwait(false);
        }

        return true;
    }

    private async ValueTask RemoveMarkersAsync(RepositoryName repository, Tag tag, Digest digest, TagRecord record, TagRecord? kept)
    {
        if (record.Listed is { } listed && listed != kept?.Listed)
        {
            await run.Target.Store.DeleteAsync(ContentKeys.TagName(repository, tag, listed), run.Token).ConfigureAwait(false);
        }

        if (record.Generation != kept?.Generation)
        {
            await run.Target.Store.DeleteAsync(ContentKeys.Tagged(repository, digest, tag, record.Generation), run.Token).ConfigureAwait(false);
        }
    }

    private bool TryRead(string key, SmallObject found, out TagRecord? record)
    {
        try
        {
            record = TagRecord.Decode(found.Content);
            return true;
        }
        catch (JsonException e)
        {
            run.Add(ContentCopyProblemKind.RecordCorrupt, key, e.Message);
            record = null;
            return false;
        }
    }
}
