using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Uploads;

namespace Registry.AspNetCore.Uploads;

/// <summary>What happens to a session between its start and its end.</summary>
internal static class UploadProgress
{
    /// <summary>GET: how far the session came (distribution-spec, end-13).</summary>
    public static async Task StatusAsync(RegistryRequest request)
    {
        string id = request.Route.Argument;
        UploadResult result = await request.Content.Uploads.StatusAsync(request.Repository, id, request.Aborted).ConfigureAwait(false);
        await AnswerAsync(request, result, StatusCodes.Status204NoContent).ConfigureAwait(false);
    }

    /// <summary>PATCH: a chunk with its place, or a stream without one (distribution-spec, end-5).</summary>
    public static async Task AppendAsync(RegistryRequest request)
    {
        string id = request.Route.Argument;
        UploadSessions uploads = request.Content.Uploads;
        UploadResult result = await uploads.StatusAsync(request.Repository, id, request.Aborted).ConfigureAwait(false);
        if (result.Outcome != UploadOutcome.Accepted)
        {
            await UploadAnswers.UnknownAsync(request).ConfigureAwait(false);
            return;
        }

        if (!ContentRangeHeader.TryRead(request.Http.Request, out ChunkRange? range))
        {
            await AnswerAsync(request, UploadResult.OutOfOrder(result.Offset), default).ConfigureAwait(false);
            return;
        }

        if (range is { } chunk && chunk.Start != result.Offset)
        {
            await AnswerAsync(request, UploadResult.OutOfOrder(result.Offset), default).ConfigureAwait(false);
            return;
        }

        if (await RequestBody.AcceptAsync(request, result.Offset, range, digest: null).ConfigureAwait(false) is { } body)
        {
            long before = result.Offset;
            result = await uploads.AppendAsync(request.Repository, id, body, range, request.Aborted).ConfigureAwait(false);
            request.Metrics.Received(result.Outcome == UploadOutcome.Accepted ? result.Offset - before : 0);
        }

        await AnswerAsync(request, result, StatusCodes.Status202Accepted).ConfigureAwait(false);
    }

    /// <summary>DELETE: gives the session up (distribution-spec, end-14).</summary>
    public static async Task CancelAsync(RegistryRequest request)
    {
        string id = request.Route.Argument;
        if (!await request.Content.Uploads.CancelAsync(request.Repository, id, request.Aborted).ConfigureAwait(false))
        {
            await UploadAnswers.UnknownAsync(request).ConfigureAwait(false);
            return;
        }

        request.Response.Headers[RegistryHeaders.UploadUuid] = id;
        request.Response.Empty(StatusCodes.Status204NoContent);
    }

    /// <summary>Answers with the session's progress, whatever became of the request. A client recovers from 416 by what its headers say.</summary>
    public static Task AnswerAsync(RegistryRequest request, UploadResult result, int accepted)
    {
        switch (result.Outcome)
        {
            case UploadOutcome.Accepted:
                UploadAnswers.Progress(request, accepted, request.Route.Argument, result.Offset);
                return Task.CompletedTask;
            case UploadOutcome.OutOfOrder:
                UploadAnswers.Progress(request, StatusCodes.Status416RangeNotSatisfiable, request.Route.Argument, result.Offset);
                return Task.CompletedTask;
            default:
                return UploadAnswers.UnknownAsync(request);
        }
    }
}
