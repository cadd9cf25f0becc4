using System.Collections.Concurrent;
using System.Text.Json;
using Registry.Content;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>
/// Copies manifests, in the order of a push: what a manifest names, then the refs of its generation, then its record. The source changes meanwhile, so each manifest sees to its own content; so whatever can be pulled from the
/// target can be pulled whole, wherever copying stops.
/// </summary>
internal sealed class ManifestCopy(CopyRun run, BlobCopy blobs)
{
    // Indexes of indexes: more than this is somebody's joke.
    private const int MaxDepth = 20;

    private readonly ConcurrentQueue<(RepositoryName Repository, Digest Digest)> _replaced = new();

    /// <summary>Takes a manifest that was copied over another generation of it: tags of that one lead nowhere in the target any more.</summary>
    public bool TryTakeReplaced(out (RepositoryName Repository, Digest Digest) replaced) => _replaced.TryDequeue(out replaced);

    /// <summary>Makes sure that the target has a manifest as the source has it.</summary>
    /// <returns>The generation of it that the target has; <see langword="null"/> where it has not what the source has.</returns>
    public ValueTask<string?> EnsureAsync(RepositoryName repository, Digest digest) => EnsureAsync(repository, digest, 0);

    private async ValueTask<string?> EnsureAsync(RepositoryName repository, Digest digest, int depth)
    {
        string key = ContentKeys.Manifest(repository, digest);
        if (!digest.IsSupported || depth > MaxDepth || (await run.GetAsync(run.Source, key).ConfigureAwait(false)).Found is not { } found || Read(key, found) is not { State: ManifestState.Live } record)
        {
            return null;
        }

        (bool isReadable, SmallObject? there) = await run.GetAsync(run.Target, key).ConfigureAwait(false);
        if (!isReadable)
        {
            return null;
        }

        if (there is not null && there.Content.Span.SequenceEqual(found.Content.Span))
        {
            return record.Generation;
        }

        if (Parse(key, digest, record) is not { } document || await CopyContentAsync(repository, digest, record, document, depth).ConfigureAwait(false) is not { } content)
        {
            return null;
        }

        await StoreConcurrency.ForEachAsync(
            content,
            run.Options.Concurrency,
            (named, token) => run.Target.Store.PutMarkerAsync(ContentKeys.ManifestRef(named, repository, digest, record.Generation), token),
            run.Token).ConfigureAwait(false);
        if (document.Subject is { } subject)
        {
            await run.Target.Store.PutMarkerAsync(ContentKeys.Referrer(repository, subject.Digest, digest, record.Generation), run.Token).ConfigureAwait(false);
        }

        if (there is not null && Read(key, there) is { } before && before.Generation != record.Generation)
        {
            _replaced.Enqueue((repository, digest));
        }

        // Where somebody else writes to the target, the next pass looks again.
        return await run.PutAsync(key, found.Content, there, static report => report with { Manifests = report.Manifests + 1 }).ConfigureAwait(false) ? record.Generation : null;
    }

    /// <returns>Everything that the manifest holds, which is in the target now; <see langword="null"/> where something is missing.</returns>
    private async ValueTask<List<Digest>?> CopyContentAsync(RepositoryName repository, Digest digest, ManifestRecord record, ManifestDocument document, int depth)
    {
        HashSet<Digest> children = [.. document.Manifests.Select(static child => child.Digest)];
        var held = new ConcurrentBag<Digest>();
        var missing = new ConcurrentBag<Digest>();
        int leftOut = 0;
        await StoreConcurrency.ForEachAsync(
            [.. document.RequiredContent()],
            run.Options.Concurrency,
            async (content, token) =>
            {
                bool child = children.Contains(content);
                if (child && await EnsureAsync(repository, content, depth + 1).ConfigureAwait(false) is not null)
                {
                    held.Add(content);
                }
                else if (child && await run.Source.Store.GetAsync(ContentKeys.ManifestRef(content, repository, digest, record.Generation), token).ConfigureAwait(false) is null)
                {
                    // A sparse index holds no ref to a child that it leaves out, and must not: there may be a blob of that digest, which a ref would make visible in a repository that does not have it.
                    Interlocked.Increment(ref leftOut);
                }
                else if (await blobs.EnsureAsync(repository, content).ConfigureAwait(false))
                {
                    held.Add(content);
                }
                else
                {
                    missing.Add(content);
                }
            },
            run.Token).ConfigureAwait(false);
        if (missing.IsEmpty && leftOut == 0)
        {
            return [.. held];
        }

        // It may have been deleted, and what it named let go of and collected, since it was read.
        string key = ContentKeys.Manifest(repository, digest);
        ManifestRecord? now = (await run.GetAsync(run.Source, key).ConfigureAwait(false)).Found is { } found ? Read(key, found) : null;
        if (missing.IsEmpty)
        {
            return now is { State: ManifestState.Live } && now.Generation == record.Generation ? [.. held] : null;
        }

        if (now?.Nonce == record.Nonce)
        {
            run.Add(ContentCopyProblemKind.ManifestNotWhole, key, $"{repository}@{digest} names {string.Join(", ", missing.Take(10))}, which could not be copied.");
        }

        return null;
    }

    private ManifestDocument? Parse(string key, Digest digest, ManifestRecord record)
    {
        if (digest.Algorithm!.Compute(record.Content.Span) != digest)
        {
            run.Add(ContentCopyProblemKind.ManifestCorrupt, key, "Its bytes do not have its digest.");
            return null;
        }

        try
        {
            return ManifestParser.Parse(record.Content, record.MediaType);
        }
        catch (RegistryException e)
        {
            run.Add(ContentCopyProblemKind.ManifestCorrupt, key, e.Message);
            return null;
        }
    }

    private ManifestRecord? Read(string key, SmallObject found)
    {
        try
        {
            return ManifestRecord.Decode(found.Content);
        }
        catch (JsonException e)
        {
            run.Add(ContentCopyProblemKind.RecordCorrupt, key, e.Message);
            return null;
        }
    }
}
