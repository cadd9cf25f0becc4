using System.Collections.Concurrent;
using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Transfer;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>Copies blobs, each as if it were pushed to the target: hashed on its way, under a data key of the target's own, and there only when all of it is.</summary>
internal sealed class BlobCopy(CopyRun run)
{
    private const int Attempts = 3;

    // Blobs that were found broken, with the nonce of the record that led there, so that not every manifest that names one reads it again.
    private readonly ConcurrentDictionary<Digest, string> _broken = new();
    private readonly BlobTransfer _transfer = new(run.Target, run.Pace);

    /// <summary>Copies every blob that a repository holds.</summary>
    public ValueTask CopyAllAsync() => run.ForEachAsync(
        KeyMerge.MergeAsync(run.Source.Store.ListAllAsync(ContentKeys.BlobsPrefix, run.Token), run.Target.Store.ListAllAsync(ContentKeys.BlobsPrefix, run.Token), run.Token),
        async key =>
        {
            // What nothing refers to is what a collector is about to remove.
            if (key.InSource
                && ContentKeys.TryParseBlob(key.Key, out Digest digest)
                && !(key.InTarget && await IsThereAsync(digest).ConfigureAwait(false) is not false)
                && await run.Source.Refs.NextHolderAsync(digest, null, run.Token).ConfigureAwait(false) is { } holder)
            {
                await EnsureAsync(holder, digest).ConfigureAwait(false);
            }
        });

    /// <summary>Makes sure that the target has a blob.</summary>
    /// <param name="repository">A repository that holds it.</param>
    /// <param name="digest">The blob.</param>
    /// <returns>Whether it does.</returns>
    public async ValueTask<bool> EnsureAsync(RepositoryName repository, Digest digest)
    {
        if (!digest.IsSupported)
        {
            return false;
        }

        bool? there = await IsThereAsync(digest).ConfigureAwait(false);
        if (there is not false)
        {
            return there is true;
        }

        ContentCopyProblemKind? problem = null;
        Versioned<BlobRecord>? found = null;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Versioned<BlobRecord>? before = found;
            string key = ContentKeys.Blob(digest);
            (_, found) = await run.ReadAsync(run.Source, key, () => run.Source.Records.ReadAsync<BlobRecord>(key, run.Token)).ConfigureAwait(false);
            if (found is not { Record.State: not BlobState.Gone } || (_broken.TryGetValue(digest, out string? nonce) && nonce == found.Record.Nonce))
            {
                return false;
            }

            problem = await CopyAsync(repository, digest, found.Record).ConfigureAwait(false);
            if (problem is null)
            {
                run.Count(static report => report with { Blobs = report.Blobs + 1 });
                return true;
            }

            if (before is not null && before.Record.Nonce == found.Record.Nonce)
            {
                break; // Twice the same with the same bytes: it was no fault of the way.
            }
        }

        _broken[digest] = found!.Record.Nonce;
        run.Add(problem!.Value, ContentKeys.Blob(digest), $"Its bytes in the source are at '{found.Record.Data}'.");
        return false;
    }

    /// <returns>Whether the target has the blob, or <see langword="null"/> where that cannot be told.</returns>
    private async ValueTask<bool?> IsThereAsync(Digest digest)
    {
        (bool isReadable, BlobRecord? found) = await run.ReadAsync(run.Target, ContentKeys.Blob(digest), () => run.Target.Blobs.ReviveAsync(digest, run.Token)).ConfigureAwait(false);
        return isReadable ? found is not null : null;
    }

    private async ValueTask<ContentCopyProblemKind?> CopyAsync(RepositoryName repository, Digest digest, BlobRecord record)
    {
        ObjectContent? content;
        try
        {
            content = await run.Source.Store.OpenReadAsync(record.Data, 0, null, run.Token).ConfigureAwait(false);
        }
        catch (IOException e) when (e is not StoreUnavailableException)
        {
            return ContentCopyProblemKind.BlobUnreadable;
        }

        if (content is null)
        {
            return ContentCopyProblemKind.BlobMissing;
        }

        await using (content.ConfigureAwait(false))
        {
            return content.TotalLength != record.Size
                ? ContentCopyProblemKind.BlobCorrupt
                : await _transfer.StoreAsync(repository, digest, content, run.Token).ConfigureAwait(false) switch
                {
                    TransferOutcome.Stored => null,
                    TransferOutcome.WrongBytes => ContentCopyProblemKind.BlobCorrupt,
                    _ => ContentCopyProblemKind.BlobUnreadable,
                };
        }
    }
}
