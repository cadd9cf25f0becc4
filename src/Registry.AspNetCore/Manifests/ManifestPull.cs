using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Manifests;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Manifests;

/// <summary>
/// Pulls manifests (distribution-spec, end-3). What was pushed is what is served, whatever the Accept header says: a client that gets a type which it does
/// not know says so better than a registry that hides it.
/// </summary>
internal static class ManifestPull
{
    public static async Task HandleAsync(RegistryRequest request)
    {
        string text = request.Route.Argument;
        if (!Reference.TryParse(text, out Reference reference))
        {
            if (text.Contains(':', StringComparison.Ordinal))
            {
                throw RegistryRequest.InvalidDigest(text);
            }

            await FailUnknownAsync(request).ConfigureAwait(false);
            return;
        }

        StoredManifest? manifest = await request.Content.Manifests.GetAsync(request.Repository, reference, request.Aborted).ConfigureAwait(false);
        if (manifest is null)
        {
            await FailUnknownAsync(request).ConfigureAwait(false);
            return;
        }

        // A client that has it already and asks whether it is the newest uses it no less.
        request.Registry.Pulls.Note(request.Content, request.Repository, manifest.Digest, reference.Tag, isPull: !request.IsHead);

        request.SetDigest(manifest.Digest);
        request.Response.Headers.ETag = RegistryHeaders.ETag(manifest.Digest);
        if (EntityTags.IsNotModified(request.Http.Request.Headers.IfNoneMatch, manifest.Digest))
        {
            request.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await request.Response.WriteJsonAsync(manifest.Content, request.IsHead, request.Aborted, manifest.MediaType).ConfigureAwait(false);
    }

    public static Task FailUnknownAsync(RegistryRequest request) =>
        request.FailAsync(RegistryErrorCode.ManifestUnknown, "The repository does not have this manifest.", request.Route.Argument.Length <= Digest.MaxLength ? request.Route.Argument : null);
}
