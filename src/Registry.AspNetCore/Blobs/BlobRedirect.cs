using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Blobs;

namespace Registry.AspNetCore.Blobs;

/// <summary>Sends a pull on to the store that has the bytes (distribution-spec, "Pulling blobs": a registry may answer with a redirect).</summary>
internal static class BlobRedirect
{
    /// <summary>Answers with the store's own address of a blob.</summary>
    /// <returns>False where the request is answered by this host.</returns>
    public static async ValueTask<bool> TrySendAsync(RegistryRequest request, StoredBlob blob)
    {
        BlobRedirectOptions options = request.Registry.Options.BlobRedirects;
        if (request.Feed?.Settings.Redirects == false
            || !options.Applies(request.Http, blob.Size)
            || await request.Content.Blobs.GetDownloadUrlAsync(blob, options.Lifetime, request.Aborted).ConfigureAwait(false) is not { } address)
        {
            return false;
        }

        // 307 keeps the method; HTTP/1.0 does not know it.
        request.Response.StatusCode = HttpProtocol.IsHttp10(request.Http.Request.Protocol) ? StatusCodes.Status302Found : StatusCodes.Status307TemporaryRedirect;
        request.SetDigest(blob.Digest);
        IHeaderDictionary headers = request.Response.Headers;
        headers.Location = address.AbsoluteUri;

        // The address is for this client and for now.
        headers.CacheControl = "no-store";
        request.Response.ContentLength = 0;
        return true;
    }
}
