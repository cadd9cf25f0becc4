using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Registry.Storage.Azure;

/// <summary>Reads blobs.</summary>
internal sealed class BlobReads(BlobFaults faults)
{
    // More than any blob can have, and far from where a server's arithmetic gets inexact.
    private const long MoreThanAnyBlob = 1L << 50;
    private const int Attempts = 5;

    /// <summary>Reads a small blob whole.</summary>
    public static async Task<SmallObject?> GetAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using BlobDownloadStreamingResult? result = await DownloadAsync(blob, default, cancellationToken).ConfigureAwait(false);
                if (result is null)
                {
                    return null;
                }

                BlobDownloadDetails details = result.Details;
                if (details.ContentLength > ObjectStoreLimits.MaxSmallObjectBytes)
                {
                    throw new ObjectTooLargeException($"'{blob.Name}' has {details.ContentLength} bytes; a small object has at most {ObjectStoreLimits.MaxSmallObjectBytes}.");
                }

                byte[] content = new byte[details.ContentLength];
                await result.Content.ReadExactlyAsync(content, cancellationToken).ConfigureAwait(false);
                return new SmallObject(content, BlobWrites.Text(details.ETag), details.LastModified);
            }
            catch (RequestFailedException e) when (e.Status is 404 or 412 && attempt < Attempts)
            {
                // The connection broke and the blob was replaced or removed before the library went on with it: begin again.
            }
        }
    }

    /// <summary>Opens a blob, or a part of it, for reading.</summary>
    public async Task<ObjectContent?> OpenReadAsync(BlockBlobClient blob, long offset, long? length, CancellationToken cancellationToken)
    {
        if (length == 0 || offset >= MoreThanAnyBlob)
        {
            return await OpenNothingAsync(blob, cancellationToken).ConfigureAwait(false);
        }

        // The library ties the token of the call to the stream, whose reads have tokens of their own.
        var lifetime = new CancellationTokenSource();
        BlobDownloadStreamingResult? result = null;
        try
        {
            var range = new HttpRange(offset, length < MoreThanAnyBlob ? length : null);
            using (cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), lifetime))
            {
                result = await DownloadAsync(blob, range, lifetime.Token).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (result is null)
            {
                return null;
            }

            var content = new ObjectContent(new BlobReadStream(result, lifetime, faults, blob.Name), TotalLength(result.Details));
            result = null;
            lifetime = null;
            return content;
        }
        catch (RequestFailedException e) when (BlobFaults.IsRangeUnsatisfiable(e))
        {
            return await OpenNothingAsync(blob, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            result?.Dispose();
            lifetime?.Dispose();
        }
    }

    private static async Task<BlobDownloadStreamingResult?> DownloadAsync(BlockBlobClient blob, HttpRange range, CancellationToken cancellationToken)
    {
        BlobDownloadOptions? options = range == default ? null : new BlobDownloadOptions { Range = range };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await blob.DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
            {
                return null;
            }
            catch (IOException) when (attempt < Attempts)
            {
                // Of an answer that is streamed the library reads a refusal's body after its retries, so that a connection that breaks there is nobody's but ours.
            }
        }
    }

    private static async Task<ObjectContent?> OpenNothingAsync(BlockBlobClient blob, CancellationToken cancellationToken) =>
        await BlobWrites.FindAsync(blob, cancellationToken).ConfigureAwait(false) is { } found ? new ObjectContent(Stream.Null, found.ContentLength) : null;

    // "bytes 0-9/100" where a range was asked for.
    private static long TotalLength(BlobDownloadDetails details) =>
        details.ContentRange is { Length: > 0 } range && long.TryParse(range.AsSpan(range.IndexOf('/', StringComparison.Ordinal) + 1), out long total)
            ? total
            : details.ContentLength;
}
