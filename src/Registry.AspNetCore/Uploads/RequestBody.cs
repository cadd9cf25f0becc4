using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Quotas;
using Registry.Content.Uploads;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Uploads;

/// <summary>What a request brings of a blob.</summary>
internal static class RequestBody
{
    /// <summary>The body, or <see langword="null"/> when the request has none. Nothing of it is read.</summary>
    /// <param name="request">The request.</param>
    /// <param name="offset">How many bytes of the blob there are already.</param>
    /// <param name="range">Where the body says that it belongs.</param>
    /// <param name="digest">The blob, where it is known.</param>
    /// <exception cref="RegistryException">The announced length is too large, or not the one of the range, or a quota has no room for it.</exception>
    public static async ValueTask<UploadBody?> AcceptAsync(RegistryRequest request, long offset, ChunkRange? range, Digest? digest)
    {
        ThrowIfHopeless(request, offset, range);
        long? length = AnnouncedLength(request.Http);
        if (length == 0)
        {
            return null;
        }

        long? needed = offset + (length ?? range?.Length);
        QuotaRoom? room = await request.Content.Quotas.RoomAsync(request.Repository, digest, needed, request.Aborted).ConfigureAwait(false);
        return needed is { } known && room?.Refuse(known) is { } refusal
            ? throw refusal
            : new UploadBody(new ClientBody(request.Http.Request), length, request.Feed?.Settings.MaxBlobBytes, room);
    }

    // Refuses what can be refused before a byte of the body is read.
    private static void ThrowIfHopeless(RegistryRequest request, long offset, ChunkRange? range)
    {
        if (AnnouncedLength(request.Http) is not { } length)
        {
            return;
        }

        if (range is { } chunk && chunk.Length != length)
        {
            throw new RegistryException(RegistryErrorCode.SizeInvalid, $"The body has {length} bytes and its Content-Range says {chunk.Length}.");
        }

        long max = Math.Min(request.Content.Options.MaxBlobBytes ?? long.MaxValue, request.Feed?.Settings.MaxBlobBytes ?? long.MaxValue);
        if (length > max - offset)
        {
            throw new RegistryException(RegistryErrorCode.BlobTooLarge, $"The blob would have {offset + (decimal)length} bytes or more; {max} are allowed.");
        }
    }

    // Without a length and without an encoding, a request has no body.
    private static long? AnnouncedLength(HttpContext context) =>
        context.Request.ContentLength ?? (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } ? 0 : null);
}
