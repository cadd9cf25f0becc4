using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Routing;
using Registry.Content.Uploads;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Uploads;

/// <summary>PUT: takes the last bytes, if there are any, and makes the session a blob (distribution-spec, end-6).</summary>
internal static class UploadFinish
{
    public static async Task HandleAsync(RegistryRequest request)
    {
        IReadOnlyList<Digest> digests = ReadDigests(request);
        string id = request.Route.Argument;
        UploadSessions uploads = request.Content.Uploads;
        UploadResult before = await uploads.StatusAsync(request.Repository, id, request.Aborted).ConfigureAwait(false);
        if (before.Outcome != UploadOutcome.Accepted)
        {
            await RepeatAsync(request, digests[0]).ConfigureAwait(false);
            return;
        }

        bool wellFormed = ContentRangeHeader.TryRead(request.Http.Request, out ChunkRange? range);
        if (!wellFormed || (range is { } chunk && chunk.Start != before.Offset))
        {
            await UploadProgress.AnswerAsync(request, UploadResult.OutOfOrder(before.Offset), default).ConfigureAwait(false);
            return;
        }

        UploadBody? body = await RequestBody.AcceptAsync(request, before.Offset, range, digests[0]).ConfigureAwait(false);
        UploadResult result = await uploads.FinishAsync(request.Repository, id, digests, body, range, request.Aborted).ConfigureAwait(false);
        if (result.Outcome != UploadOutcome.Accepted)
        {
            await UploadProgress.AnswerAsync(request, result, default).ConfigureAwait(false);
            return;
        }

        request.Metrics.Received(result.Offset - before.Offset);
        request.Registry.Logger.BlobPushed(request.Repository.Value, result.Digest.Value, result.Offset);
        UploadAnswers.Created(request, result.Digest);
    }

    /// <summary>Reads the digests that the content has to have.</summary>
    /// <exception cref="RegistryException">There is none, or one that is malformed or cannot be verified.</exception>
    public static IReadOnlyList<Digest> ReadDigests(RegistryRequest request)
    {
        var digests = new List<Digest>();
        foreach (string text in request.QueryValues("digest"))
        {
            if (!Digest.TryParse(text, out Digest digest))
            {
                throw RegistryRequest.InvalidDigest(text);
            }

            if (!digest.IsSupported)
            {
                throw new RegistryException(RegistryErrorCode.DigestInvalid, "The digest's algorithm is not supported; sha256 and sha512 are.", text);
            }

            digests.Add(digest);
        }

        return digests.Count > 0
            ? digests
            : throw new RegistryException(RegistryErrorCode.DigestInvalid, "The query has to name the blob's digest: ?digest=sha256:…");
    }

    // The session is gone, perhaps because this very request was carried out and its answer lost. Where the blob is there, that is the answer.
    private static async Task RepeatAsync(RegistryRequest request, Digest digest)
    {
        if (await request.Content.Blobs.FindAsync(request.Repository, digest, forPush: true, request.Aborted).ConfigureAwait(false) is null)
        {
            await UploadAnswers.UnknownAsync(request).ConfigureAwait(false);
            return;
        }

        UploadAnswers.Created(request, digest);
    }
}
