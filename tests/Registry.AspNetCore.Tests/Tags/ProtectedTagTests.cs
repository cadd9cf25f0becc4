using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Feeds;
using Registry.AspNetCore.Tests.Feeds;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;

namespace Registry.AspNetCore.Tests.Tags;

/// <summary>Tags that a feed lets nobody delete.</summary>
public sealed class ProtectedTagTests
{
    private static Feed Protecting()
    {
        var feed = new Feed("main");
        feed.ProtectedTags.Add("release-*");
        return feed;
    }

    private static async Task<RegistryHost> StartAsync()
    {
        RegistryHost host = await FeedTests.StartAsync(static registry => registry.AddFeed("main").AddFeed("other"));
        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(Protecting());
        return host;
    }

    [Fact]
    [Trait("Protocol", "12")]
    public async Task A_protected_tag_is_not_deleted_and_other_tags_of_its_manifest_are()
    {
        await using RegistryHost host = await StartAsync();
        PushedImage image = await host.Client.PushImageAsync("main/app", "release-1");
        await host.Client.PushManifestAsync("main/app", "latest", image.Manifest);

        JsonElement error = await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/release-1").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/latest").ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Equal("The tag 'release-1' is protected here (pattern 'release-*'): neither it nor the manifest that it points at can be deleted.", error.GetProperty("message").GetString());
        Assert.Equal("release-1", error.GetProperty("detail").GetString());
        await host.Client.FetchAsync("/v2/main/app/manifests/release-1").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/release-2").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact]
    [Trait("Protocol", "E1")]
    public async Task The_manifest_of_a_protected_tag_stays_with_all_its_tags_until_the_tag_moves_on()
    {
        await using RegistryHost host = await StartAsync();
        PushedImage image = await host.Client.PushImageAsync("main/app", "release-1");
        await host.Client.PushManifestAsync("main/app", "latest", image.Manifest);

        JsonElement error = await host.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{image.Digest}").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");

        Assert.Contains("'release-1'", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("""["latest","release-1"]""", (await (await host.Client.FetchAsync("/v2/main/app/tags/list")).JsonAsync()).GetProperty("tags").GetRawText());
        await host.Client.FetchAsync("/v2/main/app/manifests/latest").ShouldBeAsync(HttpStatusCode.OK);

        await host.Client.PushImageAsync("main/app", "release-1", "next");
        await host.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);
        Assert.Equal("""["release-1"]""", (await (await host.Client.FetchAsync("/v2/main/app/tags/list")).JsonAsync()).GetProperty("tags").GetRawText());
    }

    [Fact]
    public async Task Tags_of_other_feeds_are_their_own()
    {
        await using RegistryHost host = await StartAsync();
        PushedImage image = await host.Client.PushImageAsync("other/app", "release-1");

        await host.Client.AskAsync("DELETE", $"/v2/other/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_tag_that_is_protected_no_more_can_be_deleted()
    {
        await using RegistryHost host = await StartAsync();
        await host.Client.PushImageAsync("main/app", "release-1");

        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed("main"));

        await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/release-1").ShouldBeAsync(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_feed_that_is_removed_takes_its_protected_tags_along()
    {
        await using RegistryHost host = await StartAsync();
        await host.Client.PushImageAsync("main/app", "release-1");
        Feed disabled = Protecting();
        disabled.Enabled = false;
        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(disabled);

        Assert.Equal(1, await host.Services.GetRequiredKeyedService<IFeedContentService>("").RemoveAllAsync("main", TestContext.Current.CancellationToken));

        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(Protecting());
        await host.Client.FetchAsync("/v2/main/app/manifests/release-1").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task Pushes_of_protected_tags_and_deletions_of_their_manifest_leave_the_tags_with_it()
    {
        await using RegistryHost host = await StartAsync();
        PushedImage image = await host.Client.PushImageAsync("main/app", "latest");
        for (int round = 0; round < 10; round++)
        {
            Task<HttpResponseMessage>[] pushes = [.. Enumerable.Range(0, 4).Select(i => host.Client.PutManifestAsync("main/app", $"release-{round}-{i}", image.Manifest))];
            Task<HttpResponseMessage>[] deletions = [.. Enumerable.Range(0, 4).Select(_ => host.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{image.Digest}"))];

            Assert.All(await Task.WhenAll(pushes), static push => Assert.Equal(HttpStatusCode.Created, push.StatusCode));
            Assert.All(await Task.WhenAll(deletions), static deletion => Assert.Contains(deletion.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.NotFound, HttpStatusCode.Forbidden]));

            for (int i = 0; i < 4; i++)
            {
                await host.Client.FetchAsync($"/v2/main/app/manifests/release-{round}-{i}").ShouldBeAsync(HttpStatusCode.OK);
            }

            // Let the next round begin with a manifest that nothing keeps.
            host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed("main"));
            await host.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);
            await host.Client.PushManifestAsync("main/app", "latest", image.Manifest);
            host.Services.GetRequiredKeyedService<HostFeeds>("").Set(Protecting());
        }
    }

    [Fact]
    [Trait("Protocol", "ER4")]
    public async Task A_tag_that_the_caller_may_not_see_is_not_named()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(
            static (user, action, resource) => user is "owner" || (user is "guest" && resource.Tag?.Value != "release-1"),
            static registry => registry.AddFeed("main", static feed => feed.ProtectedTags.Add("release-*")));
        BasicScheme.As(registry.Client, "owner");
        PushedImage image = await registry.Client.PushImageAsync("main/app", "release-1");

        BasicScheme.As(registry.Client, "guest");
        HttpResponseMessage refused = await registry.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Forbidden);

        Assert.DoesNotContain("release", await refused.TextAsync(), StringComparison.Ordinal);
        BasicScheme.As(registry.Client, "owner");
        HttpResponseMessage named = await registry.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Forbidden);
        Assert.Contains("release-1", await named.TextAsync(), StringComparison.Ordinal);
    }
}
