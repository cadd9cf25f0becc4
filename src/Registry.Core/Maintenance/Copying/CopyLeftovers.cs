using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>Removes the uploads that a copy which was stopped left in the target. Nobody else has any there.</summary>
internal sealed class CopyLeftovers(ContentRoot target)
{
    public async ValueTask RemoveAsync(CancellationToken cancellationToken)
    {
        await foreach (string key in target.Store.ListAllAsync(ContentKeys.UploadsPrefix, cancellationToken).ConfigureAwait(false))
        {
            if (await target.Records.ReadAsync<UploadRecord>(key, cancellationToken).ConfigureAwait(false) is not { } session)
            {
                continue;
            }

            var token = new UploadToken(session.Record.Token);
            await target.Store.AbortUploadAsync(token, cancellationToken).ConfigureAwait(false);

            // What was complete before is not touched by that: it is a blob's, or nobody's.
            if (await target.Store.CompleteUploadAsync(token, cancellationToken).ConfigureAwait(false) is { } dataKey
                && !(Digest.TryParse(session.Record.Digest, out Digest digest)
                    && await target.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(digest), cancellationToken).ConfigureAwait(false) is { } blob
                    && blob.Record.Data == dataKey))
            {
                await target.Store.DeleteAsync(dataKey, cancellationToken).ConfigureAwait(false);
            }

            await target.Store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }
    }
}
