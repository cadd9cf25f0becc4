using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace Registry.Storage.S3.Uploads;

/// <summary>The requests that deal with multipart uploads.</summary>
internal sealed class MultipartUploads(S3Bucket bucket)
{
    private const int SuffixLength = 17;

    /// <summary>
    /// Creates one, under a key of its own that begins with the one asked for: completing a multipart upload takes no condition, so two of them must not have one key.
    /// A key at the limit has no room for that; then appenders that part ways from one token could replace each other's object.
    /// </summary>
    public async ValueTask<(string UploadId, string Suffix)> CreateAsync(string key, CancellationToken cancellationToken)
    {
        string suffix = key.Length + SuffixLength <= ObjectStoreLimits.MaxKeyLength ? "-" + RandomNumberGenerator.GetHexString(SuffixLength - 1, lowercase: true) : "";
        InitiateMultipartUploadRequest request = bucket.NewMultipart(bucket.Objects + key + suffix);
        InitiateMultipartUploadResponse created = await bucket.AskAsync(
            $"Beginning the multipart upload of '{key}'", (s3, token) => s3.InitiateMultipartUploadAsync(request, token), cancellationToken).ConfigureAwait(false);
        return (created.UploadId, suffix);
    }

    /// <summary>Sends a part; null where the upload is gone.</summary>
    public async ValueTask<UploadedPart?> SendAsync(string finalKey, string uploadId, int number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        S3Answer<UploadPartResponse> answer = await bucket.AskAsync(
            string.Create(CultureInfo.InvariantCulture, $"Sending part {number} of '{finalKey}'"),
            IsGone,
            (s3, token) => s3.UploadPartAsync(bucket.NewPart(bucket.Objects + finalKey, uploadId, number, content), token),
            cancellationToken).ConfigureAwait(false);
        return answer.Response is { } sent ? new UploadedPart(S3Bucket.Unquote(sent.ETag), content.Length) : null;
    }

    /// <summary>The first parts that the server has; null where the upload is gone or the server has fewer.</summary>
    public async ValueTask<List<UploadedPart>?> ListAsync(string finalKey, string uploadId, int count, CancellationToken cancellationToken)
    {
        var parts = new List<UploadedPart>(count);
        string? marker = null;
        while (parts.Count < count)
        {
            var request = new ListPartsRequest { BucketName = bucket.Name, Key = bucket.Objects + finalKey, UploadId = uploadId, PartNumberMarker = marker };
            ListPartsResponse? page = (await bucket.AskAsync($"Listing the parts of '{finalKey}'", IsGone, (s3, token) => s3.ListPartsAsync(request, token), cancellationToken).ConfigureAwait(false)).Response;
            if (page is null)
            {
                return null;
            }

            foreach (PartDetail part in page.Parts ?? [])
            {
                if (parts.Count < count && part.PartNumber == parts.Count + 1)
                {
                    parts.Add(new UploadedPart(S3Bucket.Unquote(part.ETag), part.Size ?? 0));
                }
            }

            if (page.IsTruncated != true)
            {
                break;
            }

            marker = page.NextPartNumberMarker?.ToString(CultureInfo.InvariantCulture);
        }

        return parts.Count == count ? parts : null;
    }

    /// <summary>Makes the parts an object. Where the server refuses, it says why: that the upload is gone, or that a part is not what it was.</summary>
    public async ValueTask<AmazonS3Exception?> CompleteAsync(string finalKey, string uploadId, IReadOnlyList<UploadedPart> parts, CancellationToken cancellationToken)
    {
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = bucket.Name,
            Key = bucket.Objects + finalKey,
            UploadId = uploadId,
            PartETags = [.. parts.Select(static (part, i) => new PartETag(i + 1, part.ETag))],
        };
        S3Answer<CompleteMultipartUploadResponse> answer = await bucket.AskAsync(
            $"Completing '{finalKey}'", static refusal => (int)refusal.StatusCode is >= 400 and <= 500 and not (401 or 403 or 408 or 429), (s3, token) => s3.CompleteMultipartUploadAsync(request, token), cancellationToken).ConfigureAwait(false);
        return answer.Refusal;
    }

    public async ValueTask AbortAsync(string finalKey, string uploadId, CancellationToken cancellationToken)
    {
        var request = new AbortMultipartUploadRequest { BucketName = bucket.Name, Key = bucket.Objects + finalKey, UploadId = uploadId };
        await bucket.AskAsync($"Aborting the multipart upload of '{finalKey}'", IsGone, (s3, token) => s3.AbortMultipartUploadAsync(request, token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists the multipart uploads whose final keys have a prefix, in the order of these.</summary>
    public ValueTask<ListMultipartUploadsResponse> ListAsync(string prefix, string? keyMarker, string? uploadIdMarker, int limit, CancellationToken cancellationToken)
    {
        var request = new ListMultipartUploadsRequest { BucketName = bucket.Name, Prefix = bucket.Objects + prefix, KeyMarker = keyMarker, UploadIdMarker = uploadIdMarker, MaxUploads = limit };
        return bucket.AskAsync($"Listing the multipart uploads of '{prefix}'", (s3, token) => s3.ListMultipartUploadsAsync(request, token), cancellationToken);
    }

    /// <summary>Aborts every multipart upload that was begun for a key, by whatever appender.</summary>
    public async ValueTask AbortAllAsync(string key, CancellationToken cancellationToken)
    {
        ListMultipartUploadsResponse? page = null;
        do
        {
            page = await ListAsync(key, page?.NextKeyMarker, page?.NextUploadIdMarker, ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
            foreach (MultipartUpload upload in page.MultipartUploads ?? [])
            {
                string finalKey = upload.Key[bucket.Objects.Length..];
                if (finalKey == key || IsWithSuffix(finalKey, key))
                {
                    await AbortAsync(finalKey, upload.UploadId, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        while (page.IsTruncated == true);
    }

    /// <summary>The key that a multipart upload's was made of. A key at the limit, which got no suffix, is taken for a shorter one if it ends like that.</summary>
    public static string KeyOf(string finalKey) => finalKey.Length > SuffixLength && IsWithSuffix(finalKey, finalKey[..^SuffixLength]) ? finalKey[..^SuffixLength] : finalKey;

    /// <summary>Whether a key is one that <see cref="CreateAsync"/> makes of another.</summary>
    public static bool IsWithSuffix(string finalKey, string key) =>
        finalKey.Length == key.Length + SuffixLength && finalKey[key.Length] == '-' && finalKey.AsSpan(key.Length + 1).IndexOfAnyExcept(Hex.Digits) < 0;

    private static bool IsGone(AmazonS3Exception refusal) => refusal.ErrorCode == "NoSuchUpload" || (refusal.StatusCode == HttpStatusCode.NotFound && S3Bucket.IsNotFound(refusal));
}
