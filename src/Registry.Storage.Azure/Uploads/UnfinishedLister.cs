using Azure;
using Azure.Storage.Blobs.Models;

namespace Registry.Storage.Azure;

/// <summary>Lists the uploads that have a marker. The blobs with nothing but uncommitted blocks, which the service could list, say neither which upload's they are nor can they be removed.</summary>
internal sealed class UnfinishedLister(BlobNames names, TimeProvider time)
{
    private const string Version = "1 ";

    /// <summary>A marker that says which blocks to commit is gone within moments, unless its process crashed.</summary>
    private static readonly TimeSpan CompletionsEnd = TimeSpan.FromDays(1);

    /// <summary>The service's own marker, as a continuation has it.</summary>
    /// <exception cref="ArgumentException">It is none that this store issued.</exception>
    public static string? Parse(string? continuation) =>
        continuation is null ? null
        : continuation.Length > Version.Length && continuation.StartsWith(Version, StringComparison.Ordinal) ? continuation[Version.Length..]
        : throw new ArgumentException("The continuation is none that the Azure store issued.", nameof(continuation));

    public async Task<UnfinishedPage> ListAsync(string keyPrefix, string? marker, int limit, CancellationToken cancellationToken)
    {
        AsyncPageable<BlobItem> blobs = names.Container.GetBlobsAsync(BlobTraits.None, BlobStates.None, names.OfMarkers(keyPrefix), cancellationToken);
        await foreach (Page<BlobItem> page in blobs.AsPages(marker, limit).ConfigureAwait(false))
        {
            UnfinishedUpload[] uploads = [.. page.Values.Select(Read).OfType<UnfinishedUpload>().Where(upload => upload.Key.StartsWith(keyPrefix, StringComparison.Ordinal))];
            return new UnfinishedPage(uploads, string.IsNullOrEmpty(page.ContinuationToken) ? null : Version + page.ContinuationToken);
        }

        return new UnfinishedPage([], null);
    }

    private UnfinishedUpload? Read(BlobItem blob)
    {
        if (!names.TryReadMarker(blob.Name, out (string Key, string Id) upload))
        {
            return null;
        }

        bool open = blob.Properties.ContentLength == BlobUploads.Open.Length;
        if (!open && time.GetUtcNow() - blob.Properties.LastModified < CompletionsEnd)
        {
            return null;
        }

        // To remove an open marker is to abort the upload. Of another one it is decided when it is read.
        string etag = open && blob.Properties.ETag is { } found ? BlobWrites.Text(found) : AzureUploadToken.NoETag;
        return new UnfinishedUpload(upload.Key, new AzureUploadToken(upload.Id, etag, 0, [], upload.Key).ToToken());
    }
}
