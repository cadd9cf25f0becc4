using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Feeds;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;

namespace Registry.AspNetCore.Tests.Feeds;

/// <summary>Feeds that are removed with all that they hold.</summary>
public sealed class FeedRemovalTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_feed_is_emptied_and_what_others_hold_stays()
    {
        await using RegistryHost host = await FeedTests.StartAsync(static registry => registry.AddDefaultFeed().AddFeed("old").AddFeed("old-too"));
        PushedImage image = await host.Client.PushImageAsync("old/app", "v1");
        await host.Client.PushImageAsync("old/team/app", "v1");
        await host.Client.PushImageAsync("old-too/app", "v1");
        await host.Client.PushImageAsync("old", "v1");
        string unnamed = await host.Client.PushBlobAsync("old/app", Images.Bytes("named by no manifest"));
        Assert.Equal(2, await EmptyAsync(host, "old"));

        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed("old"));

        await host.Client.FetchAsync("/v2/old/app/tags/list").ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");
        await host.Client.FetchAsync("/v2/old/app/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await host.Client.FetchAsync($"/v2/old/app/manifests/{image.Digest}").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await host.Client.FetchAsync($"/v2/old/app/blobs/{image.Layer}").ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        await host.Client.FetchAsync($"/v2/old/app/blobs/{unnamed}").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(["old", "old-too/app"], await FeedTests.PagesAsync(host.Client, "/v2/_catalog"));
        await host.Client.FetchAsync($"/v2/old-too/app/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/old/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.PushImageAsync("old/app", "v2");
    }

    [Fact]
    public async Task A_removal_that_broke_off_anywhere_is_finished_by_the_next()
    {
        var store = new FaultyStore();
        await using RegistryHost host = await FeedTests.StartAsync(registry => registry.AddStorage(_ => store).AddFeed("old"));
        await host.Client.PushImageAsync("old/a", "v1");
        await host.Client.PushImageAsync("old/a", "v2");
        await host.Client.PushImageAsync("old/b", "v1");
        int steps = 0;
        int until = 0;
        bool finished = false;
        while (!finished)
        {
            steps = 0;
            until++;
            store.Before = (_, _) =>
            {
                if (++steps == until)
                {
                    throw new IOException("broken off");
                }
            };
            try
            {
                await EmptyAsync(host, "old");
                finished = true;
            }
            catch (IOException)
            {
                Assert.True(until < 1000);
            }
        }

        store.Before = null;
        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed("old"));
        Assert.True(until > 10, $"{until}");
        Assert.Empty(await FeedTests.PagesAsync(host.Client, "/v2/_catalog"));
        await host.Client.FetchAsync("/v2/old/a/manifests/v1").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task A_feed_that_answers_is_not_emptied()
    {
        await using RegistryHost host = await FeedTests.StartAsync(static registry => registry.AddFeed("old"));
        IFeedContentService content = host.Services.GetRequiredKeyedService<IFeedContentService>("");

        await Assert.ThrowsAsync<InvalidOperationException>(() => content.RemoveAllAsync("old", Cancel).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => content.RemoveAllAsync("none", Cancel).AsTask());
    }

    [Fact]
    public async Task A_repository_is_removed_from_a_feed_that_answers_and_others_keep_what_they_share()
    {
        await using RegistryHost host = await FeedTests.StartAsync(static registry => registry.AddDefaultFeed().AddFeed("team", static feed => feed.ProtectedTags.Add("v*")));
        IFeedContentService content = host.Services.GetRequiredKeyedService<IFeedContentService>("");
        foreach (string repository in new[] { "team/app", "team/app/more", "app" })
        {
            await host.Client.PushImageAsync(repository, "v1");
        }

        PushedImage image = await host.Client.PushImageAsync("team/app", "v2");

        Assert.True(await content.RemoveRepositoryAsync("team", "app", Cancel));
        Assert.False(await content.RemoveRepositoryAsync("team", "app", Cancel));

        await host.Client.FetchAsync("/v2/team/app/tags/list").ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");
        await host.Client.FetchAsync($"/v2/team/app/manifests/{image.Digest}").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        Assert.Equal(["app", "team/app/more"], await FeedTests.PagesAsync(host.Client, "/v2/_catalog"));
        await host.Client.FetchAsync($"/v2/team/app/more/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.PushImageAsync("team/app", "v1");
        Assert.Equal(["app", "team/app", "team/app/more"], await FeedTests.PagesAsync(host.Client, "/v2/_catalog"));
    }

    [Theory]
    [InlineData("none", "app")]
    [InlineData("", "team/app")]
    [InlineData("", "No Name")]
    public async Task What_is_no_repository_of_the_feed_is_told(string feed, string repository)
    {
        await using RegistryHost host = await FeedTests.StartAsync(static registry => registry.AddDefaultFeed().AddFeed("team"));

        Exception? error = await Record.ExceptionAsync(() => host.Services.GetRequiredKeyedService<IFeedContentService>("").RemoveRepositoryAsync(feed, repository, Cancel).AsTask());

        Assert.True(error is InvalidOperationException or ArgumentException, $"{error}");
    }

    private static async Task<int> EmptyAsync(RegistryHost host, string feed)
    {
        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed(feed) { Enabled = false });
        return await host.Services.GetRequiredKeyedService<IFeedContentService>("").RemoveAllAsync(feed, Cancel);
    }
}
