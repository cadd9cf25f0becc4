using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tags;
using Registry.AspNetCore.Tests.Feeds;
using Registry.AspNetCore.Tests.SignIn;
using Registry.AspNetCore.Tests.Testing;
using Registry.Content.Tags;
using Registry.Model;

namespace Registry.AspNetCore.Tests.Tags;

/// <summary>What a host can learn of who moved its tags.</summary>
public sealed class TagHistoryTests
{
    private static async Task<IReadOnlyList<TagHistoryEntry>> HistoryAsync(RegistryHost host, string feed, string repository, string tag) =>
        await host.Services.GetRequiredKeyedService<ITagHistoryService>("").GetAsync(feed, RepositoryName.Parse(repository), Tag.Parse(tag), TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_host_learns_who_moved_and_deleted_a_tag()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry => registry.AddFeed("main").AddGrants(static grants => grants.Allow("authenticated", "main")));
        byte[] first = Images.Index("");
        byte[] second = [.. first, (byte)' '];
        DateTimeOffset start = registry.Clock.GetUtcNow();
        BasicScheme.As(registry.Client, "alice");
        await registry.Client.PushManifestAsync("main/app", "v1", first, Images.OciIndex);
        await registry.UseAsync("bob", "repository:main/app:pull,push,delete");
        await registry.Client.PushManifestAsync("main/app", $"{Images.Sha256(second)}?tag=v1&tag=v2", second, Images.OciIndex);
        await registry.Client.AskAsync("DELETE", "/v2/main/app/manifests/v1").ShouldBeAsync(HttpStatusCode.Accepted);
        BasicScheme.As(registry.Client, "alice");
        await registry.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{Images.Sha256(second)}").ShouldBeAsync(HttpStatusCode.Accepted);

        var one = Digest.Parse(Images.Sha256(first));
        var two = Digest.Parse(Images.Sha256(second));
        Assert.Equal(
            [new TagHistoryEntry(start, two, null, "bob", null), new TagHistoryEntry(start, one, two, "bob", null), new TagHistoryEntry(start, null, one, "alice", null)],
            await HistoryAsync(registry.Host, "main", "app", "v1"));
        Assert.Equal(
            [new TagHistoryEntry(start, two, null, "alice", null), new TagHistoryEntry(start, null, two, "bob", null)],
            await HistoryAsync(registry.Host, "main", "app", "v2"));
        Assert.Empty(await HistoryAsync(registry.Host, "main", "app", "v3"));
    }

    [Fact]
    public async Task Where_everybody_may_push_those_who_sign_in_are_named()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry => registry.AllowAnonymous());
        await registry.Client.PushManifestAsync("app", "v1", Images.Index(""), Images.OciIndex);
        BasicScheme.As(registry.Client, "alice");
        await registry.Client.PushManifestAsync("app", "v2", Images.Index(""), Images.OciIndex);
        registry.Client.DefaultRequestHeaders.Authorization = null;
        await registry.Client.PutManifestAsync("app", "v3", Images.Index(""), Images.OciIndex, BasicScheme.Credentials("alice", "wrong")).ShouldBeAsync(HttpStatusCode.Created);

        Assert.Null(Assert.Single(await HistoryAsync(registry.Host, "", "app", "v1")).By);
        Assert.Equal("alice", Assert.Single(await HistoryAsync(registry.Host, "", "app", "v2")).By);
        Assert.Null(Assert.Single(await HistoryAsync(registry.Host, "", "app", "v3")).By);
    }

    [Fact]
    public async Task A_history_is_asked_for_by_the_feeds_own_name()
    {
        await using RegistryHost host = await FeedTests.StartAsync(static registry => registry.AddDefaultFeed().AddFeed("main", static feed => feed.Aliases.Add("products")).AddFeed("off", static feed => feed.Enabled = false));
        await host.Client.PushManifestAsync("products/app", "v1", Images.Index(""), Images.OciIndex);

        Assert.Single(await HistoryAsync(host, "main", "app", "v1"));
        Assert.Empty(await HistoryAsync(host, "", "app", "v1"));
        Assert.Empty(await HistoryAsync(host, "", "main/app", "v1"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => HistoryAsync(host, "products", "app", "v1"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => HistoryAsync(host, "off", "app", "v1"));
    }
}
