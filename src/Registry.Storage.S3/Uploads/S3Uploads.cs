using System.Net;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;

namespace Registry.Storage.S3.Uploads;

/// <summary>
/// Uploads. Nothing is in the bucket until a first part is full or a flush keeps a tail; up to then an upload is its token. A blob that never filled a part becomes an
/// object by one put <i>if absent</i> under the key asked for; a larger one by completing its multipart upload, under a key that no other has.
/// </summary>
/// <remarks>
/// <para>Tails are kept below <c>u/</c> under the upload's key, a space, and a name, so that they say whose they are when nobody has a token of it any more.</para>
/// <para>An abort leaves a small tombstone there, which every completion looks for before it writes. A completion that has looked already when the abort comes
/// is the earlier of the two.</para>
/// </remarks>
internal sealed class S3Uploads(S3Bucket bucket, S3ObjectStoreOptions options, ILogger logger)
{
    private const string Tombstone = "aborted";

    public MultipartUploads Multipart { get; } = new(bucket);

    public int MaxPartsInFlight => options.MaxPartsInFlight;

    public ILogger Logger => logger;

    public async ValueTask<ObjectAppender?> OpenAsync(S3UploadToken token, CancellationToken cancellationToken)
    {
        Task<bool> aborted = IsAbortedAsync(token, cancellationToken);
        Task<PartBuffer?> tail = ReadTailAsync(token, cancellationToken);
        Task<List<UploadedPart>?> parts = ReadPartsAsync(token, cancellationToken);

        // An upload of which nothing is kept is over when its object is there.
        Task<bool> completed = token.Length == 0 ? HasObjectAsync(token.Key, cancellationToken) : Task.FromResult(false);
        await Task.WhenAll(aborted, tail, parts, completed).ConfigureAwait(false);
        PartBuffer? buffer = await tail.ConfigureAwait(false);
        if (await aborted.ConfigureAwait(false) || await completed.ConfigureAwait(false) || buffer is null || await parts.ConfigureAwait(false) is not { } found)
        {
            buffer?.Dispose();
            return null;
        }

        return new S3Appender(this, token, found, buffer);
    }

    public async ValueTask<string?> CompleteAsync(S3UploadToken token, CancellationToken cancellationToken)
    {
        using PartBuffer? tail = await ReadTailAsync(token, cancellationToken).ConfigureAwait(false);
        if (token.Length == 0 && await HasLargeObjectAsync(token.Key, cancellationToken).ConfigureAwait(false))
        {
            // Other tokens of the upload had bytes, and one of them was completed.
            return null;
        }

        if (!token.IsMultipart)
        {
            return tail is null
                ? await IsCompleteAsync(token, cancellationToken).ConfigureAwait(false) ? token.FinalKey : null
                : await CompleteSmallAsync(token, tail.Written, cancellationToken).ConfigureAwait(false);
        }

        List<UploadedPart>? parts = tail is null ? null : await ReadPartsAsync(token, cancellationToken).ConfigureAwait(false);
        if (parts is not null && tail!.Count > 0)
        {
            UploadedPart? last = await IsAbortedAsync(token, cancellationToken).ConfigureAwait(false)
                ? null
                : await Multipart.SendAsync(token.FinalKey, token.UploadId, parts.Count + 1, tail.Written, cancellationToken).ConfigureAwait(false);
            parts = last is null ? null : [.. parts, last.Value];
        }

        if (parts is null)
        {
            return await IsCompleteAsync(token, cancellationToken).ConfigureAwait(false) ? token.FinalKey : null;
        }

        return await CompleteMultipartAsync(token, parts, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the whole content an object by one put.</summary>
    /// <param name="token">A token of the upload, with or without a tail of its own.</param>
    /// <param name="content">All bytes.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async ValueTask<string?> CompleteSmallAsync(S3UploadToken token, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        S3UploadToken final = token with { TailBytes = content.Length, TailHash = hash };
        if (await IsAbortedAsync(token, cancellationToken).ConfigureAwait(false))
        {
            return await IsCompleteAsync(final, cancellationToken).ConfigureAwait(false) ? token.FinalKey : null;
        }

        string bucketKey = bucket.Objects + token.FinalKey;
        S3Answer<PutObjectResponse> answer = await bucket.AskAsync(
            $"Writing '{bucketKey}'",
            static refusal => refusal.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict or HttpStatusCode.InternalServerError,
            (s3, cancel) =>
            {
                PutObjectRequest request = bucket.NewPut(bucketKey, content, isData: true);
                request.Metadata.Add(S3Bucket.HashMetadata, hash);
                request.IfNoneMatch = options.SingleNode ? null : "*";
                return s3.PutObjectAsync(request, cancel);
            },
            cancellationToken).ConfigureAwait(false);
        if (answer.Refusal is { } refusal && !await IsCompleteAsync(final, cancellationToken).ConfigureAwait(false))
        {
            // Another token's bytes are there already; or nothing is, and the server is at fault.
            return refusal.StatusCode == HttpStatusCode.PreconditionFailed || await bucket.HeadAsync(bucketKey, cancellationToken).ConfigureAwait(false) is not null
                ? null
                : throw S3Faults.Translate(refusal, $"Writing '{bucketKey}'", bucket.Name);
        }

        await DropStateAsync(token, cancellationToken).ConfigureAwait(false);
        return token.FinalKey;
    }

    /// <summary>Makes the parts an object.</summary>
    public async ValueTask<string?> CompleteMultipartAsync(S3UploadToken token, List<UploadedPart> parts, CancellationToken cancellationToken)
    {
        bool aborted = await IsAbortedAsync(token, cancellationToken).ConfigureAwait(false);
        AmazonS3Exception? refusal = aborted ? null : await Multipart.CompleteAsync(token.FinalKey, token.UploadId, parts, cancellationToken).ConfigureAwait(false);
        if (!aborted && refusal is null)
        {
            await DropStateAsync(token, cancellationToken).ConfigureAwait(false);
            return token.FinalKey;
        }

        // Completed before, by whomever; or aborted, or a part was replaced by another appender.
        S3UploadToken final = token with { PartBytes = parts.Sum(static part => part.Size), TailBytes = 0, FinalETag = UploadedPart.FinalETagOf([.. parts.Select(static part => part.ETag)]) };
        if (!await IsCompleteAsync(final, cancellationToken).ConfigureAwait(false))
        {
            return refusal is null or { ErrorCode: "NoSuchUpload" or "InvalidPart" or "NoSuchKey" }
                ? null
                : throw S3Faults.Translate(refusal, $"Completing '{token.FinalKey}'", bucket.Name);
        }

        await DropStateAsync(token, cancellationToken).ConfigureAwait(false);
        return token.FinalKey;
    }

    public async ValueTask AbortAsync(S3UploadToken token, CancellationToken cancellationToken)
    {
        // A token of no bytes does not say under which key others may have completed the upload.
        bool completed = token.Length == 0
            ? await HasObjectAsync(token.Key, cancellationToken).ConfigureAwait(false)
            : await bucket.HeadAsync(bucket.Objects + token.FinalKey, cancellationToken).ConfigureAwait(false) is not null;
        if (!completed)
        {
            await bucket.PutAsync(StateKey(token, Tombstone), default, cancellationToken).ConfigureAwait(false);
        }

        // Beside an object there may still be the parts of somebody who lost a race or crashed.
        await Multipart.AbortAllAsync(token.Key, cancellationToken).ConfigureAwait(false);
        await DropTailsAsync(token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps a tail as an object of its own.</summary>
    public async ValueTask<(string Name, string ETag)> KeepTailAsync(S3UploadToken token, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        string name = RandomNumberGenerator.GetHexString(S3UploadToken.TailNameLength, lowercase: true);
        string bucketKey = StateKey(token, name);
        PutObjectResponse kept = await bucket.AskAsync(
            $"Writing '{bucketKey}'", (s3, cancel) => s3.PutObjectAsync(bucket.NewPut(bucketKey, content, isData: false), cancel), cancellationToken).ConfigureAwait(false);
        return (name, S3Bucket.Unquote(kept.ETag));
    }

    /// <summary>Whether an object came of an upload, whichever of its tokens was completed: under the key asked for, or under one with a suffix.</summary>
    private Task<bool> HasObjectAsync(string key, CancellationToken cancellationToken) =>
        AnyAsync(key, finalKey => finalKey == key || MultipartUploads.IsWithSuffix(finalKey, key), cancellationToken);

    private Task<bool> HasLargeObjectAsync(string key, CancellationToken cancellationToken) =>
        AnyAsync(key + "-", finalKey => MultipartUploads.IsWithSuffix(finalKey, key), cancellationToken);

    private async Task<bool> AnyAsync(string prefix, Func<string, bool> matches, CancellationToken cancellationToken)
    {
        await foreach (IReadOnlyList<string> page in bucket.ListAllAsync(bucket.Objects + prefix, cancellationToken).ConfigureAwait(false))
        {
            if (page.Any(bucketKey => matches(bucketKey[bucket.Objects.Length..])))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<bool> IsAbortedAsync(S3UploadToken token, CancellationToken cancellationToken) =>
        await bucket.HeadAsync(StateKey(token, Tombstone), cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Whether the object is there and is what the token stands for.</summary>
    private async ValueTask<bool> IsCompleteAsync(S3UploadToken token, CancellationToken cancellationToken)
    {
        if (await bucket.HeadAsync(bucket.Objects + token.FinalKey, cancellationToken).ConfigureAwait(false) is not { } found || found.ContentLength != token.Length)
        {
            return false;
        }

        if (token.IsMultipart)
        {
            return token.FinalETag.Length == 0 || options.ServerSideEncryption?.StartsWith("aws:kms", StringComparison.Ordinal) == true || S3Bucket.Unquote(found.ETag) == token.FinalETag;
        }

        string hash = token.TailHash.Length > 0 ? token.TailHash : Convert.ToHexStringLower(SHA256.HashData([]));
        return found.Metadata[S3Bucket.HashMetadata] == hash;
    }

    private async Task<PartBuffer?> ReadTailAsync(S3UploadToken token, CancellationToken cancellationToken)
    {
        var buffer = new PartBuffer(PartSizes.Of(token.Parts + 1), token.TailBytes);
        if (token.Tail.Length == 0)
        {
            return buffer;
        }

        // A read that breaks asks for the same room again.
        Memory<byte>? room = null;
        GetObjectResponse? found = null;
        try
        {
            found = await bucket.ReadAsync(
                StateKey(token, token.Tail),
                length => length == token.TailBytes ? room ??= buffer.Reserve(token.TailBytes) : throw new IOException($"The tail of the upload to '{token.Key}' has {length} bytes instead of {token.TailBytes}."),
                cancellationToken).ConfigureAwait(false);
            return found is null ? null : buffer;
        }
        finally
        {
            if (found is null)
            {
                buffer.Dispose();
            }
        }
    }

    private async Task<List<UploadedPart>?> ReadPartsAsync(S3UploadToken token, CancellationToken cancellationToken)
    {
        if (!token.IsMultipart)
        {
            return [];
        }

        List<UploadedPart>? parts = await Multipart.ListAsync(token.FinalKey, token.UploadId, token.Parts, cancellationToken).ConfigureAwait(false);
        return parts is not null && UploadedPart.HashOf(parts) == token.PartsHash ? parts : null;
    }

    // Most uploads keep one tail or none, which takes no listing. What an appender that lost a race kept besides is left to the bucket's lifecycle.
    private ValueTask DropStateAsync(S3UploadToken token, CancellationToken cancellationToken) => token switch
    {
        { Tails: 0 } => ValueTask.CompletedTask,
        { Tails: 1, Tail.Length: > 0 } => bucket.DeleteAsync(StateKey(token, token.Tail), cancellationToken),
        _ => DropTailsAsync(token, cancellationToken),
    };

    private async ValueTask DropTailsAsync(S3UploadToken token, CancellationToken cancellationToken)
    {
        await foreach (IReadOnlyList<string> page in bucket.ListAllAsync(StateKey(token, ""), cancellationToken).ConfigureAwait(false))
        {
            await Task.WhenAll(page
                .Where(static kept => !kept.EndsWith(Tombstone, StringComparison.Ordinal))
                .Select(kept => bucket.DeleteAsync(kept, cancellationToken).AsTask())).ConfigureAwait(false);
        }
    }

    private string StateKey(S3UploadToken token, string name) => $"{bucket.State}{token.Key} {name}";
}
