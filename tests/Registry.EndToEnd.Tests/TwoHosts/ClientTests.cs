using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Stores;

namespace Registry.EndToEnd.Tests.TwoHosts;

/// <summary>Clients that know nothing of there being two hosts.</summary>
public sealed class ClientTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ObjectStore.S3, ImageClients.Docker)]
    [InlineData(ObjectStore.S3, ImageClients.Skopeo)]
    [InlineData(ObjectStore.Azure, ImageClients.Skopeo)]
    public async Task An_image_is_pushed_moved_pulled_and_deleted(string store, string name)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        var client = await ImageClients.GetAsync(run, name, hosts.Name);
        var skopeo = await SkopeoClient.SharedAsync(run);
        var repository = run.NewRepository(name);
        await client.PushAsync(repository, "1", [ImageRecipe.Create()], Cancelled);

        var pushed = await client.PushAsync(repository, "1", [ImageRecipe.Create().WithLargeLayers(1, 10_000_000)], Cancelled);

        Assert.All(hosts.TakeRequests().CountBy(request => request.Host), host => Assert.True(host.Value > 5, $"{host.Key} got {host.Value} requests"));
        foreach (var host in hosts.Both)
        {
            await ImageAssert.WholeAsync(host.Http, pushed, Cancelled);
        }

        await ImageAssert.PulledEqualAsync(hosts.Http, pushed, client, "amd64", Cancelled);

        await skopeo.DeleteAsync(pushed.Reference, Cancelled);

        foreach (var host in hosts.Both)
        {
            Assert.Null(await host.Http.FindManifestAsync(repository, "1", Cancelled));
        }
    }
}
