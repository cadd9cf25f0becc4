using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Routing;
using Registry.Model;

namespace Registry.AspNetCore.Uploads;

/// <summary>Makes a blob that is in the registry already one of this repository, from wherever the caller may pull it (distribution-spec, "Mounting a blob").</summary>
internal static class BlobMount
{
    /// <param name="request">The request.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="from">The repository to take it from; without one, any that the caller may pull from.</param>
    /// <returns>Whether the repository has the blob now.</returns>
    public static async ValueTask<bool> TryAsync(RegistryRequest request, Digest digest, string? from)
    {
        if (await request.Content.Blobs.FindAsync(request.Repository, digest, forPush: true, request.Aborted).ConfigureAwait(false) is not null)
        {
            return true;
        }

        RepositoryName? source;
        if (from is null)
        {
            source = await request.Content.Blobs.FindSourceAsync(digest, MayPullAsync, request.Aborted).ConfigureAwait(false);
        }
        else
        {
            source = RepositoryName.TryParse(from, out RepositoryName named) && await MayPullAsync(named).ConfigureAwait(false) ? named : null;
        }

        return source is { } repository
            && await request.Content.Blobs.MountAsync(request.Repository, repository, digest, request.Content.Ids.Next(), request.Aborted).ConfigureAwait(false);

        ValueTask<bool> MayPullAsync(RepositoryName repository) => request.Registry.Gate.AllowsAsync(request.Http, RegistryAction.Pull, repository);
    }
}
