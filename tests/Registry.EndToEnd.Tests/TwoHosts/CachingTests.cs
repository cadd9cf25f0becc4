using System.Net;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Stores;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.TwoHosts;

/// <summary>Hosts that rely for a moment on what they have seen notice what the other one does: tags at once, deleted content soon.</summary>
public sealed class CachingTests(TestRun run)
{
    private const string Tag = "latest";

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Stores => [ObjectStore.S3, ObjectStore.Azure];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_moved_tag_is_seen_at_once_and_a_deleted_image_soon(string store)
    {
        await using var hosts = await BalancedHosts.StartAsync(run, store, Cancelled, Lifetime);
        var (one, other) = (hosts.First.Http, hosts.Second.Http);
        var repository = run.NewRepository("cached");
        var first = SmallImage.Create();
        var second = SmallImage.Create();
        await first.PushAsync(one, repository, Tag, Cancelled);
        await other.PullWholeAsync(repository, Tag, Cancelled);

        await second.PushAsync(one, repository, Tag, Cancelled);
        Assert.Equal(second.Digest, (await other.FindManifestAsync(repository, Tag, Cancelled))?.Digest);
        await other.PullWholeAsync(repository, Tag, Cancelled);

        await one.DeleteAsync(repository, $"manifests/{second.Digest}", Cancelled);
        Assert.Null(await one.FindManifestAsync(repository, second.Digest, Cancelled));
        Assert.Null(await other.FindManifestAsync(repository, Tag, Cancelled));
        await one.DeleteAsync(repository, $"blobs/{second.LayerDigest}", Cancelled);
        Assert.Null(await one.FindBlobAsync(repository, second.LayerDigest, Cancelled));
        await SoonAsync(async () => await other.FindManifestAsync(repository, second.Digest, Cancelled) is null, "the manifest is gone");

        // Whoever may push is told by HEAD at once: what it is told, it relies on.
        Assert.Null(await other.FindBlobLengthAsync(repository, second.LayerDigest, Cancelled));
        await SoonAsync(() => IsGoneAsync(other, $"/v2/{repository}/blobs/{second.LayerDigest}"), "the blob is gone");

        await second.PushAsync(other, repository, Tag, Cancelled);
        await one.PullWholeAsync(repository, Tag, Cancelled);
        await one.PullWholeAsync(repository, first.Digest, Cancelled);
    }

    private static async Task<bool> IsGoneAsync(RegistryHttp http, string path)
    {
        using var response = await http.Client.GetAsync(path, Cancelled);
        return response.StatusCode == HttpStatusCode.NotFound;
    }

    private static Task SoonAsync(Func<Task<bool>> condition, string what) => Eventually.HoldsAsync(_ => condition(), Bound, () => what, Cancelled);
}
