using System.Net;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Stores;

/// <summary>
/// Clients against the samples that keep a registry in an object store: with downloads that come from the store itself, and with ones
/// that pass through the host.
/// </summary>
public sealed class StoreClientTests(TestRun run)
{
    /// <summary>More than the stores take in one piece.</summary>
    private const int LargeLayerBytes = 21_000_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ObjectStore.S3, true, ImageClients.Docker)]
    [InlineData(ObjectStore.S3, true, ImageClients.Skopeo)]
    [InlineData(ObjectStore.S3, true, ImageClients.DotNetSdk)]
    [InlineData(ObjectStore.S3, false, ImageClients.Docker)]
    [InlineData(ObjectStore.S3, false, ImageClients.Skopeo)]
    [InlineData(ObjectStore.Azure, true, ImageClients.Docker)]
    [InlineData(ObjectStore.Azure, true, ImageClients.Skopeo)]
    [InlineData(ObjectStore.Azure, true, ImageClients.DotNetSdk)]
    [InlineData(ObjectStore.Azure, false, ImageClients.Docker)]
    [InlineData(ObjectStore.Azure, false, ImageClients.Skopeo)]
    public async Task An_image_with_a_large_layer_is_pushed_and_pulled_on(string store, bool redirects, string client)
    {
        var registry = await SharedAsync(store, redirects);
        var pushing = await ImageClients.GetAsync(run, client, registry.Name);

        var pushed = await pushing.PushAsync(run.NewRepository(client), "large", [ImageRecipe.Create().WithLargeLayers(1, LargeLayerBytes)], Cancelled);

        await ImageAssert.WholeAsync(registry.Http, pushed, Cancelled);
        await AssertPulledAsync(registry, redirects, pushed, client, "amd64");
    }

    [Theory]
    [InlineData(ObjectStore.S3, ImageClients.Docker, ImageClients.Skopeo)]
    [InlineData(ObjectStore.S3, ImageClients.Skopeo, ImageClients.Docker)]
    [InlineData(ObjectStore.Azure, ImageClients.Docker, ImageClients.Skopeo)]
    [InlineData(ObjectStore.Azure, ImageClients.Skopeo, ImageClients.Docker)]
    public async Task An_index_of_two_architectures_is_pushed_and_pulled_on(string store, string pusher, string puller)
    {
        var registry = await SharedAsync(store, redirects: true);
        var pushing = await ImageClients.GetAsync(run, pusher, registry.Name);

        var pushed = await pushing.PushAsync(run.NewRepository(pusher), "multi", [ImageRecipe.Create(), ImageRecipe.Create("arm64")], Cancelled);

        await ImageAssert.WholeAsync(registry.Http, pushed, Cancelled);
        await AssertPulledAsync(registry, redirects: true, pushed, puller, "arm64");
    }

    [Theory]
    [InlineData(ObjectStore.S3)]
    [InlineData(ObjectStore.Azure)]
    public async Task An_app_is_published_in_chunks_to(string store)
    {
        var registry = await SharedAsync(store, redirects: true);
        var sdk = (await DotNetSdkClient.SharedAsync(run)).At(registry.Name);

        var pushed = await sdk.PushAsync(
            run.NewRepository("dotnet"), "chunked", [ImageRecipe.Create()], DotNetSdkClient.Chunks(300_000), Cancelled);

        await ImageAssert.WholeAsync(registry.Http, pushed, Cancelled);
        await AssertPulledAsync(registry, redirects: true, pushed, ImageClients.Skopeo, "amd64");
    }

    [Theory]
    [InlineData(ObjectStore.S3)]
    [InlineData(ObjectStore.Azure)]
    public async Task What_was_pushed_is_there_after_the_host_was_killed(string store)
    {
        var server = await ObjectStore.SharedAsync(run, store);
        await using var registry = await run.StartAsync(await server.NewPlaceAsync(Cancelled), $"killed-{store}", Cancelled);
        var skopeo = await ImageClients.GetAsync(run, ImageClients.Skopeo, registry.Name);
        var pushed = await skopeo.PushAsync(run.NewRepository("skopeo"), "1", [ImageRecipe.Create()], Cancelled);

        await registry.KillAsync(Cancelled);
        await registry.StartAsync(Cancelled);

        await ImageAssert.WholeAsync(registry.Http, pushed, Cancelled);
        Assert.Equal(0, await registry.StopAsync(Cancelled));
    }

    /// <summary>The client pulls the right files, and gets the bytes of large blobs from where it should.</summary>
    private async Task AssertPulledAsync(RegistryHost registry, bool redirects, PushedImage pushed, string puller, string architecture)
    {
        var before = (await registry.ReadLogAsync(Cancelled)).Count;

        await ImageAssert.PulledEqualAsync(registry.Http, pushed, await ImageClients.GetAsync(run, puller, registry.Name), architecture, Cancelled);

        // "Request finished HTTP/1.1 GET http://127.0.0.1:5000/v2/some/repository/blobs/sha256:... - 307 0 - 1.2345ms"
        var answers = (await registry.ReadLogAsync(Cancelled)).Skip(before - 1)
            .Where(line => line.Contains("Request finished", StringComparison.Ordinal)
                && line.Contains(" GET ", StringComparison.Ordinal) && line.Contains($"/{pushed.Repository}/blobs/", StringComparison.Ordinal))
            .Select(line => (HttpStatusCode)int.Parse(line.Split(" - ")[1].Split(' ')[0], null))
            .ToArray();
        Assert.Contains(redirects ? HttpStatusCode.TemporaryRedirect : HttpStatusCode.OK, answers);
        if (!redirects)
        {
            Assert.DoesNotContain(HttpStatusCode.TemporaryRedirect, answers);
        }
    }

    /// <summary>The host on a store. It is there once with redirects and once without, and both hold one registry.</summary>
    private async Task<RegistryHost> SharedAsync(string store, bool redirects)
    {
        var server = await ObjectStore.SharedAsync(run, store);
        var place = await server.SharedPlaceAsync(Cancelled);
        var name = $"{store}-{(redirects ? "redirects" : "streams")}";
        return await run.SharedAsync(name, () => run.StartAsync(place.With($"--Registry:BlobRedirects:Enabled={redirects}"), name, CancellationToken.None));
    }
}
