using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;
using Registry.AspNetCore.Usage;
using Registry.Content;
using Registry.Feeds;
using Registry.Maintenance.Usage;
using Registry.Model;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Usage;

/// <summary>What counts as a pull, and what a host hears of it.</summary>
public sealed class UsageTests
{
    private static readonly RepositoryName App = RepositoryName.Parse("app");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<RegistryHost> StartAsync(InMemoryObjectStore store, Action<DockerRegistryOptions>? configure = null) => RegistryHost.StartAsync(
        builder => builder.Services.AddDockerRegistry(configure).AddStorage(_ => store.Share()).AddDefaultFeed().AddFeed("team").AllowAnonymous(),
        static app => app.MapDockerRegistry());

    private static IUsageService Usage(RegistryHost host) => host.Services.GetRequiredKeyedService<IUsageService>("");

    private static Task<bool> WriteAsync(RegistryHost host) => host.Services.GetRequiredKeyedService<UsageRounds>("").WriteAsync(Cancel);

    [Fact]
    public async Task A_get_of_a_manifest_is_a_pull_and_a_head_a_use_that_is_none()
    {
        await using RegistryHost host = await StartAsync(new InMemoryObjectStore(TimeProvider.System));
        DateTimeOffset before = TimeProvider.System.GetUtcNow();
        PushedImage image = await host.Client.PushImageAsync("app", "v1");
        Digest digest = Digest.Parse(image.Digest);
        await host.Client.FetchAsync($"/v2/app/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/app/tags/list").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/app/manifests/none").ShouldBeAsync(HttpStatusCode.NotFound);
        await WriteAsync(host);
        PullUsage none = await Usage(host).GetManifestAsync("", App, digest, Cancel);
        Assert.Equal((0, null), (none.Pulls, none.LastPulled));
        Assert.True(none.CountedSince <= before);

        await host.Client.AskAsync("HEAD", "/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await WriteAsync(host);
        foreach (PullUsage used in (PullUsage[])[
            await Usage(host).GetManifestAsync("", App, digest, Cancel), await Usage(host).GetTagAsync("", App, Tag.Parse("v1"), Cancel), await Usage(host).GetRepositoryAsync("", App, Cancel)])
        {
            Assert.Equal(0, used.Pulls);
            Assert.InRange(used.LastPulled!.Value, before - TimeSpan.FromSeconds(1), TimeProvider.System.GetUtcNow());
        }

        await host.Client.AskAsync("HEAD", $"/v2/app/manifests/{digest}").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync($"/v2/app/manifests/{digest}").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/app/manifests/v1", ("If-None-Match", $"\"{digest}\"")).ShouldBeAsync(HttpStatusCode.NotModified);
        Assert.Equal(0, (await Usage(host).GetManifestAsync("", App, digest, Cancel)).Pulls);
        await WriteAsync(host);

        PullUsage manifest = await Usage(host).GetManifestAsync("", App, digest, Cancel);
        Assert.Equal(3, manifest.Pulls);
        Assert.InRange(manifest.LastPulled!.Value, before - TimeSpan.FromSeconds(1), TimeProvider.System.GetUtcNow());
        Assert.Equal(none.CountedSince, manifest.CountedSince);
        Assert.Equal(2, (await Usage(host).GetTagAsync("", App, Tag.Parse("v1"), Cancel)).Pulls);
        Assert.Equal(3, (await Usage(host).GetRepositoryAsync("", App, Cancel)).Pulls);
        Assert.Equal(0, (await Usage(host).GetTagAsync("", App, Tag.Parse("v2"), Cancel)).Pulls);
    }

    [Fact]
    public async Task Pulls_are_of_the_repository_by_its_feed()
    {
        await using RegistryHost host = await StartAsync(new InMemoryObjectStore(TimeProvider.System));
        await host.Client.PushImageAsync("team/app", "v1");
        await host.Client.PushImageAsync("app", "v1");
        await host.Client.FetchAsync("/v2/team/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await WriteAsync(host);

        Assert.Equal(1, (await Usage(host).GetRepositoryAsync("team", App, Cancel)).Pulls);
        Assert.Equal(0, (await Usage(host).GetRepositoryAsync("", App, Cancel)).Pulls);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Usage(host).GetRepositoryAsync("other", App, Cancel));
    }

    [Fact]
    public async Task A_host_that_stops_writes_what_it_counted_and_hosts_add_up()
    {
        var store = new InMemoryObjectStore(TimeProvider.System);
        await using RegistryHost last = await StartAsync(store);
        for (int i = 0; i < 2; i++)
        {
            await using RegistryHost host = await StartAsync(store, static options => options.UsageInterval = TimeSpan.FromHours(1));
            await host.Client.PushImageAsync("app", "v1");
            await host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        }

        Assert.Equal(2, (await Usage(last).GetTagAsync("", App, Tag.Parse("v1"), Cancel)).Pulls);
    }

    [Fact]
    public async Task Pulls_are_written_at_intervals()
    {
        await using RegistryHost host = await StartAsync(new InMemoryObjectStore(TimeProvider.System), static options => options.UsageInterval = TimeSpan.FromSeconds(1));
        await host.Client.PushImageAsync("app", "v1");
        await host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);

        await Eventually.IsAsync(async () => (await Usage(host).GetTagAsync("", App, Tag.Parse("v1"), Cancel)).Pulls == 1);
    }

    [Fact]
    public async Task Pulls_of_many_things_are_written_before_their_time()
    {
        await using RegistryHost host = await StartAsync(new InMemoryObjectStore(TimeProvider.System), static options => options.UsageInterval = TimeSpan.FromHours(1));
        PushedImage image = await host.Client.PushImageAsync("app", "v1");
        var counter = host.Services.GetRequiredKeyedService<PullCounter>("");
        ContentRoot root = host.Services.GetRequiredKeyedService<ContentRoots>("").Find("")!;
        for (int i = 0; i < PullCounter.Room; i++)
        {
            counter.Note(root, App, DigestAlgorithm.Sha256.Compute(BitConverter.GetBytes(i)), null);
        }

        await host.Client.FetchAsync($"/v2/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.OK);

        await Eventually.IsAsync(() => Task.FromResult(counter.Count < PullCounter.Room / 2));
        Assert.InRange((await Usage(host).GetRepositoryAsync("", App, Cancel)).Pulls, PullCounter.Room / 2, PullCounter.Room + 1);
    }

    [Fact]
    public async Task A_pull_goes_on_when_counts_cannot_be_written()
    {
        var store = new FaultyStore();
        await using RegistryHost host = await RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry().AddStorage(_ => store).AllowAnonymous(), static app => app.MapDockerRegistry());
        await host.Client.PushImageAsync("app", "v1");
        store.Before = static (_, key) =>
        {
            if (key.StartsWith("usage/", StringComparison.Ordinal))
            {
                throw new IOException("not now");
            }
        };
        await host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await WriteAsync(host);
        await host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        store.Before = null;
        await WriteAsync(host);

        Assert.Equal(2, (await Usage(host).GetTagAsync("", App, Tag.Parse("v1"), Cancel)).Pulls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3601)]
    public async Task An_interval_out_of_its_range_stops_the_start(int seconds)
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => StartAsync(new InMemoryObjectStore(TimeProvider.System), options => options.UsageInterval = TimeSpan.FromSeconds(seconds)));

        Assert.Contains("UsageInterval is ", e.Message, StringComparison.Ordinal);
        Assert.Contains("it must be from 1 second to 1 hour.", e.Message, StringComparison.Ordinal);
    }
}
