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

            await target.Store.AbortUploadAsync(new UploadToken(session.Record.Token), cancellationToken).ConfigureAwait(false);

            // What was complete before is not touched by that: it is a blob's, or nobody's.
            string? kept = Digest.TryParse(session.Record.Digest, out Digest digest)
                ? (await target.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(digest), cancellationToken).ConfigureAwait(false))?.Record.Data
                : null;
            await foreach (string data in target.Store.ListAllAsync(ContentKeys.Data(key[ContentKeys.UploadsPrefix.Length..]), cancellationToken).ConfigureAwait(false))
            {
                if (data != kept)
                {
                    await target.Store.DeleteAsync(data, cancellationToken).ConfigureAwait(false);
                }
            }

            await target.Store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
        }
    }
}
