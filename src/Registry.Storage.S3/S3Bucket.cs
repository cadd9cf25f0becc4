using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Registry.Storage.S3;

/// <summary>
/// The bucket, in the requests that the store is made of. Objects are below <c>o/</c>; what is kept of uploads until they are complete, and the probe, is
/// below <c>u/</c>, out of every listing.
/// </summary>
internal sealed class S3Bucket(S3Clients clients, S3ObjectStoreOptions options, TimeProvider time)
{
    /// <summary>Object metadata with the id of the put that wrote it: it answers "was that my write?".</summary>
    public const string NonceMetadata = "put";

    /// <summary>Object metadata with what a conditional put replaced: an ETag, or <see cref="Nothing"/>.</summary>
    public const string ReplacedMetadata = "over";

    /// <summary>What a put <i>if absent</i> says it replaced.</summary>
    public const string Nothing = "-";

    /// <summary>Object metadata with the SHA-256 of an upload that was completed by one put.</summary>
    public const string HashMetadata = "sha256";

    private const int MaxReads = 5;

    private readonly S3Circuit circuit = new(options.CircuitFailures, options.CircuitBreak, time);

    // The signature covers the body; over TLS that is already protected, and hashing every part once more would cost a core.
    private readonly bool unsignedBodies = !(clients.Main.Config.UseHttp || clients.Main.Config.ServiceURL?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) == true);

    public string Name => options.Bucket;

    public TimeProvider Time => time;

    public string Objects { get; } = options.Prefix + "o/";

    public string State { get; } = options.Prefix + "u/";

    /// <summary>Asks the server, and turns what it does not expect into the faults of the contract.</summary>
    /// <param name="operation">What is done, for messages.</param>
    /// <param name="expects">Which refusals the asker decides about.</param>
    /// <param name="ask">The request.</param>
    /// <param name="cancellationToken">The caller's token; no other cancellation comes out as one.</param>
    public ValueTask<S3Answer<T>> AskAsync<T>(
        string operation, Func<AmazonS3Exception, bool> expects, Func<IAmazonS3, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class => AskAsync(clients.Main, operation, expects, ask, cancellationToken);

    /// <summary>Asks once, where the client was made by the store: for what must not be repeated blindly.</summary>
    public ValueTask<S3Answer<T>> AskOnceAsync<T>(
        string operation, Func<AmazonS3Exception, bool> expects, Func<IAmazonS3, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class => AskAsync(clients.WithoutRetries, operation, expects, ask, cancellationToken);

    private async ValueTask<S3Answer<T>> AskAsync<T>(
        IAmazonS3 client, string operation, Func<AmazonS3Exception, bool> expects, Func<IAmazonS3, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            circuit.ThrowIfOpen();
            try
            {
                T response = await ask(client, cancellationToken).ConfigureAwait(false);
                circuit.Answered();
                return new S3Answer<T>(response, null);
            }
            catch (AmazonUnmarshallingException) when (client == clients.Main && attempt < MaxReads)
            {
                // The connection broke within the answer's text, which the SDK does not see as something to repeat.
            }
            catch (AmazonS3Exception refusal) when (expects(refusal))
            {
                circuit.Answered();
                return new S3Answer<T>(null, refusal);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // The SDK wraps a cancellation of the caller's own now and then.
                cancellationToken.ThrowIfCancellationRequested();
                if (S3Faults.IsUnavailable(e))
                {
                    circuit.Failed(e);
                }

                throw S3Faults.Translate(e, operation, options.Bucket);
            }
        }
    }

    public async ValueTask<T> AskAsync<T>(string operation, Func<IAmazonS3, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class => (await AskAsync(operation, static _ => false, ask, cancellationToken).ConfigureAwait(false)).Response!;

    /// <summary>What is known of an object, or null where there is none.</summary>
    public async ValueTask<GetObjectMetadataResponse?> HeadAsync(string bucketKey, CancellationToken cancellationToken)
    {
        var request = new GetObjectMetadataRequest { BucketName = Name, Key = bucketKey };
        return (await AskAsync($"Looking for '{bucketKey}'", IsNotFound, (s3, token) => s3.GetObjectMetadataAsync(request, token), cancellationToken).ConfigureAwait(false)).Response;
    }

    /// <summary>Opens an object's bytes. The caller disposes the response; the refusal is 404 or 416.</summary>
    public ValueTask<S3Answer<GetObjectResponse>> GetAsync(string bucketKey, ByteRange? range, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = Name, Key = bucketKey, ByteRange = range };
        return AskAsync(
            $"Reading '{bucketKey}'",
            static refusal => IsNotFound(refusal) || refusal.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable,
            (s3, token) => s3.GetObjectAsync(request, token),
            cancellationToken);
    }

    /// <summary>Reads a whole object of known size limit into a buffer that <paramref name="makeBuffer"/> gives for its length; null where there is none.</summary>
    public async ValueTask<GetObjectResponse?> ReadAsync(string bucketKey, Func<long, Memory<byte>> makeBuffer, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            GetObjectResponse? found = (await GetAsync(bucketKey, null, cancellationToken).ConfigureAwait(false)).Response;
            if (found is null)
            {
                return null;
            }

            await using var stream = new S3ReadStream(this, bucketKey, found, 0, found.ContentLength);
            Memory<byte> buffer = makeBuffer(found.ContentLength);
            try
            {
                await stream.ReadExactlyAsync(buffer, cancellationToken).ConfigureAwait(false);
                return found;
            }
            catch (IOException e) when (e is not StoreUnavailableException)
            {
                if (attempt == MaxReads)
                {
                    throw new StoreUnavailableException($"Reading '{bucketKey}' in the bucket '{Name}' broke off {attempt} times: {e.Message}", e);
                }

                // It was replaced or removed before the stream could go on with it: begin again.
            }
        }
    }

    /// <summary>A put of bytes that stay as they are until it has ended.</summary>
    public PutObjectRequest NewPut(string bucketKey, ReadOnlyMemory<byte> content, bool isData)
    {
        var request = new PutObjectRequest
        {
            BucketName = Name,
            Key = bucketKey,
            InputStream = ToStream(content),
            AutoCloseStream = true,
            UseChunkEncoding = false,
            DisablePayloadSigning = unsignedBodies,
            ContentType = "application/octet-stream",
        };
        if (options.ServerSideEncryption is { } method)
        {
            request.ServerSideEncryptionMethod = ServerSideEncryptionMethod.FindValue(method);
            request.ServerSideEncryptionKeyManagementServiceKeyId = options.KmsKeyId;
        }

        if (isData && options.DataStorageClass is { } storageClass)
        {
            request.StorageClass = S3StorageClass.FindValue(storageClass);
        }

        return request;
    }

    public InitiateMultipartUploadRequest NewMultipart(string bucketKey)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = Name, Key = bucketKey, ContentType = "application/octet-stream" };
        if (options.ServerSideEncryption is { } method)
        {
            request.ServerSideEncryptionMethod = ServerSideEncryptionMethod.FindValue(method);
            request.ServerSideEncryptionKeyManagementServiceKeyId = options.KmsKeyId;
        }

        if (options.DataStorageClass is { } storageClass)
        {
            request.StorageClass = S3StorageClass.FindValue(storageClass);
        }

        return request;
    }

    public UploadPartRequest NewPart(string bucketKey, string uploadId, int number, ReadOnlyMemory<byte> content) => new()
    {
        BucketName = Name,
        Key = bucketKey,
        UploadId = uploadId,
        PartNumber = number,
        PartSize = content.Length,
        InputStream = ToStream(content),
        UseChunkEncoding = false,
        DisablePayloadSigning = unsignedBodies,
    };

    public async ValueTask PutAsync(string bucketKey, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await AskAsync($"Writing '{bucketKey}'", (s3, token) => s3.PutObjectAsync(NewPut(bucketKey, content, isData: false), token), cancellationToken).ConfigureAwait(false);

    public async ValueTask DeleteAsync(string bucketKey, CancellationToken cancellationToken)
    {
        var request = new DeleteObjectRequest { BucketName = Name, Key = bucketKey };
        await AskAsync($"Deleting '{bucketKey}'", IsNotFound, (s3, token) => s3.DeleteObjectAsync(request, token), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<ListObjectsV2Response> ListAsync(string bucketPrefix, string? startAfter, int limit, string? continuation, CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = Name, Prefix = bucketPrefix, StartAfter = startAfter, MaxKeys = limit, ContinuationToken = continuation };
        return AskAsync($"Listing '{bucketPrefix}'", (s3, token) => s3.ListObjectsV2Async(request, token), cancellationToken);
    }

    /// <summary>Lists every key with a prefix, a page at a time.</summary>
    public async IAsyncEnumerable<IReadOnlyList<string>> ListAllAsync(string bucketPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            ListObjectsV2Response page = await ListAsync(bucketPrefix, null, ObjectStoreLimits.MaxPageKeys, continuation, cancellationToken).ConfigureAwait(false);
            yield return [.. (page.S3Objects ?? []).Select(static found => found.Key)];
            continuation = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (continuation is not null);
    }

    public static bool IsNotFound(AmazonS3Exception refusal) => refusal.StatusCode == HttpStatusCode.NotFound && refusal.ErrorCode != "NoSuchBucket";

    /// <summary>ETags come with and without quotes: the store hands out and compares them without.</summary>
    public static string Unquote(string? etag) => etag?.Trim('"') ?? "";

    public static Stream ToStream(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out ArraySegment<byte> array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(content.ToArray(), writable: false);
}
