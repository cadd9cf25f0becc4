using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Uploads;
using Registry.Errors;

namespace Registry.AspNetCore.Uploads;

/// <summary>What a request brings of a blob.</summary>
internal static class RequestBody
{
    /// <summary>The body, or <see langword="null"/> when the request has none.</summary>
    public static UploadBody? Of(RegistryRequest request)
    {
        long? length = AnnouncedLength(request.Http);
        return length == 0 ? null : new UploadBody(new ClientBody(request.Http.Request), length, request.Feed?.Settings.MaxBlobBytes);
    }

    /// <summary>Refuses what can be refused before a byte of the body is read.</summary>
    /// <param name="request">The request.</param>
    /// <param name="offset">How many bytes of the blob there are already.</param>
    /// <param name="range">Where the body says that it belongs.</param>
    /// <exception cref="RegistryException">The announced length is too large, or not the one of the range.</exception>
    public static void ThrowIfHopeless(RegistryRequest request, long offset, ChunkRange? range)
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
