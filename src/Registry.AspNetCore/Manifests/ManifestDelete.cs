using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Manifests;

/// <summary>Deletes a manifest with every tag that points at it, or one tag alone (distribution-spec, end-9).</summary>
internal static class ManifestDelete
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

            await ManifestPull.FailUnknownAsync(request).ConfigureAwait(false);
            return;
        }

        DockerRegistryOptions options = request.Registry.Options;
        if (reference.Tag is null ? !options.AllowManifestDelete : !options.AllowTagDelete)
        {
            throw new RegistryException(
                RegistryErrorCode.Unsupported,
                reference.Tag is null ? "Manifests cannot be deleted in this registry." : "Tags cannot be deleted in this registry.");
        }

        bool deleted = reference.Tag is { } tag
            ? await request.Content.Tags.DeleteAsync(request.Repository, tag, request.Aborted).ConfigureAwait(false)
            : await request.Content.Manifests.DeleteAsync(request.Repository, reference.Digest!.Value, request.Aborted).ConfigureAwait(false);
        if (!deleted)
        {
            await ManifestPull.FailUnknownAsync(request).ConfigureAwait(false);
            return;
        }

        request.Registry.Logger.Deleted(request.Repository.Value, reference.ToString());
        request.Response.Empty(StatusCodes.Status202Accepted);
    }
}
