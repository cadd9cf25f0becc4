using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Routing;
using Registry.Content.Blobs;
using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Uploads;

/// <summary>
/// Makes a blob that is in the registry already one of this repository, from wherever the caller may pull it (distribution-spec, "Mounting a blob"). The source may be in another feed, as long as both have the same store.
/// </summary>
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
            source = await request.Content.Blobs.FindSourceAsync(digest, name => MayPullAsync(request, request.View.Table.OwnerOf(name)), request.Aborted).ConfigureAwait(false);
        }
        else
        {
            source = request.View.TryResolve(from, out FeedRepository named) && await MayPullAsync(request, named).ConfigureAwait(false) ? named.FullName : null;
        }

        return source is { } repository
            && await FitsAsync(request, repository, digest).ConfigureAwait(false)
            && await request.Content.Blobs.MountAsync(request.Repository, repository, digest, request.Content.Ids.Next(), request.Aborted).ConfigureAwait(false);
    }

    private static async ValueTask<bool> MayPullAsync(RegistryRequest request, FeedRepository source) =>
        source.Feed is { } feed
        && request.Registry.Roots.Find(feed.Settings.Store) == request.Content
        && await request.Registry.Gate.AllowsAsync(request, RegistryAction.Pull, AccessTarget.Of(source)).ConfigureAwait(false);

    // A blob that is too large for this feed does not come in this way either.
    private static async ValueTask<bool> FitsAsync(RegistryRequest request, RepositoryName source, Digest digest) =>
        request.Feed!.Settings.MaxBlobBytes is not { } max
        || (await request.Content.Blobs.FindAsync(source, digest, forPush: false, request.Aborted).ConfigureAwait(false) is StoredBlob blob && blob.Size <= max);
}
