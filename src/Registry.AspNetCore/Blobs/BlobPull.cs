using System.Globalization;
using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Blobs;
using Registry.Errors;
using Registry.Model;
using Registry.Storage;

namespace Registry.AspNetCore.Blobs;

/// <summary>Pulls blobs (distribution-spec, end-2).</summary>
internal static class BlobPull
{
    // A blob can be stored anew between the look at its record and the opening of its bytes: seldom once, hardly ever twice.
    private const int Attempts = 3;

    /// <summary>HEAD. A range is ignored: what is asked about is the whole blob.</summary>
    public static async Task HeadAsync(RegistryRequest request)
    {
        Digest digest = request.DigestArgument();

        // A pusher asks whether it can leave out the upload. What it is told has to hold until its manifest comes.
        bool forPush = await request.AllowsAsync(RegistryAction.Push).ConfigureAwait(false);
        StoredBlob? blob = await request.Content.Blobs.FindAsync(request.Repository, digest, forPush, request.Aborted).ConfigureAwait(false);
        if (blob is null)
        {
            await FailUnknownAsync(request, digest).ConfigureAwait(false);
            return;
        }

        SetHeaders(request, blob);
        if (EntityTags.IsNotModified(request.Http.Request.Headers.IfNoneMatch, digest))
        {
            request.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        request.Response.ContentLength = blob.Size;
    }

    /// <summary>GET, whole or in parts.</summary>
    public static async Task GetAsync(RegistryRequest request)
    {
        Digest digest = request.DigestArgument();
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            StoredBlob? blob = await request.Content.Blobs.FindAsync(request.Repository, digest, forPush: false, request.Aborted).ConfigureAwait(false);
            if (blob is null)
            {
                break;
            }

            if (EntityTags.IsNotModified(request.Http.Request.Headers.IfNoneMatch, digest))
            {
                SetHeaders(request, blob);
                request.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }

            switch (ReadRange(request, blob, out IReadOnlyList<ByteRange> parts))
            {
                case RangeOutcome.Unsatisfiable:
                    request.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{blob.Size}");
                    await request.FailAsync(RegistryErrorCode.RangeInvalid, $"The blob has {blob.Size} bytes, none of them in the range asked for.").ConfigureAwait(false);
                    return;
                case RangeOutcome.Parts:
                    SetHeaders(request, blob);
                    await MultipartBlob.SendAsync(request, blob, parts).ConfigureAwait(false);
                    return;
                case RangeOutcome.Part:
                    if (await BlobRedirect.TrySendAsync(request, blob).ConfigureAwait(false) || await TrySendAsync(request, blob, parts[0]).ConfigureAwait(false))
                    {
                        return;
                    }

                    break;
                default:
                    if (await BlobRedirect.TrySendAsync(request, blob).ConfigureAwait(false) || await TrySendAsync(request, blob, part: null).ConfigureAwait(false))
                    {
                        return;
                    }

                    break;
            }
        }

        await FailUnknownAsync(request, digest).ConfigureAwait(false);
    }

    private static async ValueTask<bool> TrySendAsync(RegistryRequest request, StoredBlob blob, ByteRange? part)
    {
        ObjectContent? content = await request.Content.Blobs.OpenAsync(blob, part?.Start ?? 0, part?.Length, request.Aborted).ConfigureAwait(false);
        if (content is null)
        {
            return false;
        }

        await using (content.ConfigureAwait(false))
        {
            SetHeaders(request, blob);
            request.Response.ContentLength = part?.Length ?? blob.Size;
            if (part is { } range)
            {
                request.Response.StatusCode = StatusCodes.Status206PartialContent;
                request.Response.Headers.ContentRange = range.ContentRange(blob.Size);
            }

            await BlobSender.SendAsync(request, content.Stream, part?.Length ?? blob.Size).ConfigureAwait(false);
            return true;
        }
    }

    private static RangeOutcome ReadRange(RegistryRequest request, StoredBlob blob, out IReadOnlyList<ByteRange> parts)
    {
        IHeaderDictionary headers = request.Http.Request.Headers;
        bool changed = headers.IfRange.Count > 0 && headers.IfRange != RegistryHeaders.ETag(blob.Digest);
        return ByteRanges.Read(changed ? null : headers.Range.ToString(), blob.Size, out parts);
    }

    private static void SetHeaders(RegistryRequest request, StoredBlob blob)
    {
        request.SetDigest(blob.Digest);
        IHeaderDictionary headers = request.Response.Headers;
        headers.ETag = RegistryHeaders.ETag(blob.Digest);
        headers.AcceptRanges = "bytes";
        headers.CacheControl = "max-age=31536000";
        headers.ContentType = MediaTypes.OctetStream;
    }

    private static Task FailUnknownAsync(RegistryRequest request, Digest digest) =>
        request.FailAsync(RegistryErrorCode.BlobUnknown, "The repository does not have this blob.", digest.Value);
}
