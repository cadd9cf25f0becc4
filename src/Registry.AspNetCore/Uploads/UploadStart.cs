using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Routing;
using Registry.Content.Uploads;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Uploads;

/// <summary>POST: starts a session, mounts a blob of another repository, or takes a whole blob at once (distribution-spec, end-4a, end-4b, end-11).</summary>
internal static class UploadStart
{
    public static async Task HandleAsync(RegistryRequest request)
    {
        if (await TryMountAsync(request).ConfigureAwait(false))
        {
            return;
        }

        if (request.Http.Request.Query.ContainsKey("digest"))
        {
            await PushAsync(request).ConfigureAwait(false);
            return;
        }

        string name = request.QueryValues("digest-algorithm").LastOrDefault(DigestAlgorithm.Sha256.Name);
        if (DigestAlgorithm.Find(name) is not { } algorithm)
        {
            await request.FailAsync(RegistryErrorCode.DigestInvalid, "The digest algorithm is not supported; sha256 and sha512 are.").ConfigureAwait(false);
            return;
        }

        string id = await request.Content.Uploads.StartAsync(request.Repository, algorithm, request.Aborted).ConfigureAwait(false);
        UploadAnswers.Progress(request, StatusCodes.Status202Accepted, id, 0);
    }

    // A mount that cannot be is no error: the client is given a session and uploads. So it learns nothing of repositories that it may not read.
    private static async ValueTask<bool> TryMountAsync(RegistryRequest request)
    {
        if (!Digest.TryParse(request.QueryValues("mount").LastOrDefault(), out Digest digest)
            || !await BlobMount.TryAsync(request, digest, request.QueryValues("from").LastOrDefault()).ConfigureAwait(false))
        {
            return false;
        }

        UploadAnswers.Created(request, digest);
        return true;
    }

    private static async Task PushAsync(RegistryRequest request)
    {
        IReadOnlyList<Digest> digests = UploadFinish.ReadDigests(request);
        UploadBody? body = await RequestBody.AcceptAsync(request, offset: 0, range: null, digests[0]).ConfigureAwait(false);
        UploadSessions uploads = request.Content.Uploads;
        string id = await uploads.StartAsync(request.Repository, digests[0].Algorithm!, request.Aborted).ConfigureAwait(false);
        bool finished = false;
        try
        {
            UploadResult result = await uploads.FinishAsync(request.Repository, id, digests, body, range: null, request.Aborted).ConfigureAwait(false);
            if (result.Outcome != UploadOutcome.Accepted)
            {
                await UploadAnswers.UnknownAsync(request).ConfigureAwait(false);
                return;
            }

            finished = true;
            request.Metrics.Received(result.Offset);
            request.Registry.Logger.BlobPushed(request.Repository.Value, result.Digest.Value, result.Offset);
            UploadAnswers.Created(request, result.Digest);
        }
        finally
        {
            if (!finished)
            {
                // Nobody was told of the session, so nobody will go on with it.
                await uploads.CancelAsync(request.Repository, id, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
