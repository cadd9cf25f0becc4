using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Blobs;

/// <summary>Lets a repository go of a blob (distribution-spec, end-10). Other repositories keep it.</summary>
internal static class BlobDelete
{
    public static async Task HandleAsync(RegistryRequest request)
    {
        if (!request.Registry.Options.AllowBlobDelete)
        {
            throw new RegistryException(RegistryErrorCode.Unsupported, "Blobs cannot be deleted in this registry.");
        }

        Digest digest = request.DigestArgument();
        if (!await request.Content.Blobs.DeleteAsync(request.Repository, digest, request.Aborted).ConfigureAwait(false))
        {
            await request.FailAsync(RegistryErrorCode.BlobUnknown, "The repository does not have this blob.", digest.Value).ConfigureAwait(false);
            return;
        }

        request.Registry.Logger.Deleted(request.Repository.Value, digest.Value);
        request.SetDigest(digest);
        request.Response.Empty(StatusCodes.Status202Accepted);
    }
}
