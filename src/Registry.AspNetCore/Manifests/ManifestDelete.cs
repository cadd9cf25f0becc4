using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Records;
using Registry.Content.Tags;
using Registry.Errors;
using Registry.Feeds;
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

        var guard = new TagGuard(tag => FindRefusalAsync(request, tag));
        ChangedBy sender = await request.FindSenderAsync().ConfigureAwait(false);
        TagCondition condition = ManifestConditions.Read(request.Http.Request.Headers);
        if (reference.Digest is { } named && condition.Check(text, named) is { } failed)
        {
            throw failed;
        }

        bool deleted = reference.Tag is { } one
            ? await request.Content.Tags.DeleteAsync(request.Repository, one, condition, guard, sender, request.Aborted).ConfigureAwait(false)
            : await request.Content.Manifests.DeleteAsync(request.Repository, reference.Digest!.Value, guard, sender, request.Aborted).ConfigureAwait(false);
        if (!deleted)
        {
            await ManifestPull.FailUnknownAsync(request).ConfigureAwait(false);
            return;
        }

        request.Registry.Logger.Deleted(request.Repository.Value, reference.ToString());
        request.Response.Empty(StatusCodes.Status202Accepted);
    }

    private static async ValueTask<RegistryException?> FindRefusalAsync(RegistryRequest request, Tag tag)
    {
        TagRules rules = request.Feed!.Tags;
        if (!rules.IsGuarded(tag))
        {
            return null;
        }

        // The right to overwrite belongs to the user: a token for deleting need not have been made for pushing.
        RegistryException? refusal = rules.FindDeletionRefusal(tag, await request.UserMayAsync(RegistryAction.Overwrite, tag).ConfigureAwait(false));
        bool isShown = refusal is null || !request.Registry.Gate.TellsTagsApart(request.Feed) || await request.ShowsAsync(tag).ConfigureAwait(false);
        return isShown ? refusal : new RegistryException(RegistryErrorCode.Denied, "A tag that you may not see keeps this from being deleted.");
    }
}
