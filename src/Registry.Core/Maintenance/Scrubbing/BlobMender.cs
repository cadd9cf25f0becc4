using Registry.Content;
using Registry.Maintenance.Pacing;
using Registry.Maintenance.Transfer;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Stores a blob that is gone or missing anew, from a source that has it.</summary>
internal sealed class BlobMender(ContentRoot root, IScrubSource? source, ReadPace pace)
{
    /// <summary>Whether there is a source that has the blob, or says so.</summary>
    public async ValueTask<bool> CanAsync(Digest digest, IReadOnlyList<RepositoryName> holders, CancellationToken cancellationToken)
    {
        if (await OpenAsync(digest, holders, cancellationToken).ConfigureAwait(false) is not { } content)
        {
            return false;
        }

        await content.DisposeAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>Stores the blob.</summary>
    /// <returns>Whether it is there now.</returns>
    public async ValueTask<bool> TryAsync(Digest digest, IReadOnlyList<RepositoryName> holders, CancellationToken cancellationToken)
    {
        // What nothing holds is nobody's loss.
        if (holders.Count == 0 || await OpenAsync(digest, holders, cancellationToken).ConfigureAwait(false) is not { } content)
        {
            return false;
        }

        await using (content.ConfigureAwait(false))
        {
            try
            {
                return await new BlobTransfer(root, pace).StoreAsync(holders[0], digest, content, cancellationToken).ConfigureAwait(false) == TransferOutcome.Stored;
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                // That it could not be stored is not all there is to tell of it.
                await root.Store.ThrowIfAwayAsync(e, cancellationToken).ConfigureAwait(false);
                return false;
            }
        }
    }

    /// <summary>Reads a manifest, verified.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadManifestAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            ReadOnlyMemory<byte>? bytes = source is null ? null : await source.ReadManifestAsync(repository, digest, cancellationToken).ConfigureAwait(false);
            return bytes is { } content && digest.Algorithm!.Compute(content.Span) == digest ? bytes : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return null;
        }
    }

    private async ValueTask<ObjectContent?> OpenAsync(Digest digest, IReadOnlyList<RepositoryName> holders, CancellationToken cancellationToken)
    {
        if (source is null)
        {
            return null;
        }

        try
        {
            return await source.OpenBlobAsync(digest, holders, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return null; // A source that is away, or broken itself, has nothing to give now.
        }
    }
}
