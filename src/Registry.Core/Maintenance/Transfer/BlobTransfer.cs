using Registry.Content;
using Registry.Content.Uploads;
using Registry.Errors;
using Registry.Maintenance.Pacing;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Transfer;

/// <summary>
/// Brings a blob's bytes into a content root by the way that a client's push takes: an upload session, whose bytes are hashed while they are written and which is swept like any other if this process stops. So
/// nothing about it has to be proven anew.
/// </summary>
internal sealed class BlobTransfer(ContentRoot target, ReadPace pace)
{
    /// <summary>Stores a blob, or stores it anew: quotas count what its repositories hold by what names it, whether or not its bytes are there.</summary>
    /// <param name="repository">A repository that holds it; it gets a lease there, as after a push.</param>
    /// <param name="digest">What the bytes have to be.</param>
    /// <param name="content">The bytes. The caller disposes them.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <exception cref="IOException">The bytes could not be stored.</exception>
    public async ValueTask<TransferOutcome> StoreAsync(RepositoryName repository, Digest digest, ObjectContent content, CancellationToken cancellationToken)
    {
        string session = await target.Uploads.StartAsync(repository, digest.Algorithm!, cancellationToken).ConfigureAwait(false);
        var paced = new PacedStream(content.Stream, pace);
        await using (paced.ConfigureAwait(false))
        {
            try
            {
                UploadResult result = await target.Uploads.RestoreAsync(repository, session, digest, new UploadBody(paced, content.TotalLength), cancellationToken).ConfigureAwait(false);
                if (result.Outcome == UploadOutcome.Accepted)
                {
                    return TransferOutcome.Stored;
                }

                await CancelAsync(repository, session).ConfigureAwait(false);
                return TransferOutcome.Lost;
            }
            catch (RegistryException)
            {
                // Another digest.
                await CancelAsync(repository, session).ConfigureAwait(false);
                return TransferOutcome.WrongBytes;
            }
            catch (IOException) when (paced.Fault is not null)
            {
                await CancelAsync(repository, session).ConfigureAwait(false);
                return TransferOutcome.Unreadable;
            }
            catch (Exception)
            {
                // Whatever it was: it may be tried again and again, and each time the bytes would be left behind.
                await CancelAsync(repository, session).ConfigureAwait(false);
                throw;
            }
        }
    }

    private async ValueTask CancelAsync(RepositoryName repository, string session)
    {
        try
        {
            await target.Uploads.CancelAsync(repository, session, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            // The store is away, or cannot read the session's record; whoever sweeps dead sessions finds this one.
        }
    }
}

/// <summary>What came of a transfer.</summary>
internal enum TransferOutcome
{
    /// <summary>The bytes were what they had to be, and the blob is there.</summary>
    Stored,

    /// <summary>The bytes were others.</summary>
    WrongBytes,

    /// <summary>The bytes could not be read to their end.</summary>
    Unreadable,

    /// <summary>A sweeper took the upload for dead.</summary>
    Lost,
}
