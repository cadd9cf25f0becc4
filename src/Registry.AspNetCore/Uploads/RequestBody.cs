using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Registry.AspNetCore.Routing;
using Registry.Content.Uploads;
using Registry.Errors;

namespace Registry.AspNetCore.Uploads;

/// <summary>What a request brings of a blob.</summary>
internal static class RequestBody
{
    /// <summary>The body, or <see langword="null"/> when the request has none.</summary>
    public static UploadBody? Of(HttpContext context)
    {
        if (context.Request.ContentLength is { } length)
        {
            return length == 0 ? null : new UploadBody(context.Request.Body, length);
        }

        bool mayHaveBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
        return mayHaveBody ? new UploadBody(context.Request.Body, null) : null;
    }

    /// <summary>Refuses what can be refused before a byte of the body is read.</summary>
    /// <exception cref="RegistryException">The announced length is too large, or not the one of the range.</exception>
    public static void ThrowIfHopeless(RegistryRequest request, ChunkRange? range)
    {
        if (request.Http.Request.ContentLength is not { } length)
        {
            return;
        }

        if (range is { } chunk && chunk.Length != length)
        {
            throw new RegistryException(RegistryErrorCode.SizeInvalid, $"The body has {length} bytes and its Content-Range says {chunk.Length}.");
        }

        if (request.Content.Options.MaxBlobBytes is { } max && length > max)
        {
            throw new RegistryException(RegistryErrorCode.BlobTooLarge, $"The blob has {length} bytes or more; {max} are allowed.");
        }
    }
}
