using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Tests.Feeds;
using Registry.AspNetCore.Tests.SignIn;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;

namespace Registry.AspNetCore.Tests.Tags;

/// <summary>Tags that a feed lets nobody move, or only those with the right to overwrite.</summary>
public sealed class ImmutableTagTests
{
    private static byte[] Manifest(int number) => Images.Index("", $",\"annotations\":{{\"number\":\"{number}\"}}");

    private static void Immutable(Feed feed)
    {
        feed.ImmutableTags.Add("v*");
        feed.ImmutableTags.Add("!v*-rc*");
    }

    private static Task<RegistryHost> StartAsync(Action<Feed>? configure = null) => FeedTests.StartAsync(registry => registry.AddFeed("main", configure ?? Immutable));

    private static Task<HttpResponseMessage> PutAsync(HttpClient client, string reference, int number, params (string Name, string Value)[] headers) =>
        client.PutManifestAsync("main/app", reference, Manifest(number), Images.OciIndex, headers);

    private static async Task AssertPointsAsync(HttpClient client, string tag, int? number)
    {
        HttpResponseMessage pulled = await client.FetchAsync($"/v2/main/app/manifests/{tag}").ShouldBeAsync(number is null ? HttpStatusCode.NotFound : HttpStatusCode.OK);
        Assert.True(number is null || pulled.Header("Docker-Content-Digest") == Images.Sha256(Manifest(number.Value)));
    }

    [Fact]
    [Trait("Protocol", "12")]
    public async Task An_immutable_tag_is_pushed_once_and_again_with_the_same_manifest()
    {
        await using RegistryHost host = await StartAsync();
        await PutAsync(host.Client, "v1", 1).ShouldBeAsync(HttpStatusCode.Created);

        await PutAsync(host.Client, "v1", 1).ShouldBeAsync(HttpStatusCode.Created);
        JsonElement error = await PutAsync(host.Client, "v1", 2).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");

        Assert.Equal("The tag 'v1' is there already and immutable here (pattern 'v*'): it can be pushed again with the same manifest only. Push the manifest by another tag.", error.GetProperty("message").GetString());
        Assert.Equal("v1", error.GetProperty("detail").GetString());
        await AssertPointsAsync(host.Client, "v1", 1);
        await AssertPointsAsync(host.Client, Images.Sha256(Manifest(2)), null);
    }

    [Theory]
    [InlineData("v1-rc1")]
    [InlineData("latest")]
    [InlineData("V1")]
    public async Task Other_tags_are_moved_as_before(string tag)
    {
        await using RegistryHost host = await StartAsync();
        await PutAsync(host.Client, tag, 1).ShouldBeAsync(HttpStatusCode.Created);

        await PutAsync(host.Client, tag, 2).ShouldBeAsync(HttpStatusCode.Created);

        await AssertPointsAsync(host.Client, tag, 2);
    }

    [Fact]
    public async Task Of_several_tags_in_one_push_none_moves_when_one_is_immutable()
    {
        await using RegistryHost host = await StartAsync();
        await PutAsync(host.Client, "v1", 1).ShouldBeAsync(HttpStatusCode.Created);

        await PutAsync(host.Client, $"{Images.Sha256(Manifest(2))}?tag=latest&tag=v1&tag=v2", 2).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");

        await AssertPointsAsync(host.Client, "latest", null);
        await AssertPointsAsync(host.Client, "v1", 1);
        await AssertPointsAsync(host.Client, "v2", null);
    }

    [Fact]
    public async Task Of_many_that_push_an_immutable_tag_at_once_one_succeeds()
    {
        await using RegistryHost host = await StartAsync();
        for (int round = 0; round < 10; round++)
        {
            HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PutAsync(host.Client, $"v{round}", i)));

            int winner = Array.FindIndex(answers, static answer => answer.StatusCode == HttpStatusCode.Created);
            Assert.Equal(7, answers.Count(static answer => answer.StatusCode == HttpStatusCode.Forbidden));
            await AssertPointsAsync(host.Client, $"v{round}", winner);
        }
    }

    [Fact]
    public async Task Who_may_not_move_an_immutable_tag_may_not_delete_it_or_its_manifest()
    {
        await using RegistryHost host = await StartAsync();
        await PutAsync(host.Client, "v1", 1).ShouldBeAsync(HttpStatusCode.Created);
        await PutAsync(host.Client, "latest", 1).ShouldBeAsync(HttpStatusCode.Created);

        JsonElement tag = await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/v1").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        JsonElement manifest = await host.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{Images.Sha256(Manifest(1))}").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");

        Assert.Equal("The tag 'v1' is immutable here (pattern 'v*'): neither it nor the manifest that it points at can be deleted.", tag.GetProperty("message").GetString());
        Assert.Equal(tag.GetProperty("message").GetString(), manifest.GetProperty("message").GetString());
        await AssertPointsAsync(host.Client, "v1", 1);
        await AssertPointsAsync(host.Client, "latest", 1);
        await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/v2").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await host.Client.AskAsync("DELETE", "/v2/main/app/manifests/latest").ShouldBeAsync(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_feed_may_let_those_with_the_right_to_overwrite_move_and_delete(bool exceptOverwrite)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(registry => registry
            .AddFeed("main", feed =>
            {
                Immutable(feed);
                feed.ImmutableTagsExceptOverwrite = exceptOverwrite;
            })
            .AddGrants(static grants => grants
                .Allow("user:alice", "main", RegistryAction.Pull, RegistryAction.Push, RegistryAction.Delete)
                .Allow("user:bob", "main", RegistryAction.Pull, RegistryAction.Push, RegistryAction.Delete, RegistryAction.Overwrite)));
        HttpStatusCode bobs = exceptOverwrite ? HttpStatusCode.Created : HttpStatusCode.Forbidden;
        BasicScheme.As(registry.Client, "alice");
        await PutAsync(registry.Client, "v1", 1).ShouldBeAsync(HttpStatusCode.Created);

        JsonElement moved = await PutAsync(registry.Client, "v1", 2).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        JsonElement deleted = await registry.Client.AskAsync("DELETE", "/v2/main/app/manifests/v1").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.AskAsync("DELETE", $"/v2/main/app/manifests/{Images.Sha256(Manifest(1))}").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        Assert.Equal(exceptOverwrite, moved.GetProperty("message").GetString()!.Contains("unless you have the right to move it (Overwrite)", StringComparison.Ordinal));
        Assert.Equal(exceptOverwrite, deleted.GetProperty("message").GetString()!.Contains("unless you have the right to move it (Overwrite)", StringComparison.Ordinal));

        BasicScheme.As(registry.Client, "bob");
        await PutAsync(registry.Client, "v1", 2).ShouldBeAsync(bobs);
        await AssertPointsAsync(registry.Client, "v1", exceptOverwrite ? 2 : 1);

        // A token for deleting is enough: the right to overwrite is its user's.
        await registry.UseAsync("bob", "repository:main/app:delete");
        await registry.Client.AskAsync("DELETE", "/v2/main/app/manifests/v1").ShouldBeAsync(exceptOverwrite ? HttpStatusCode.Accepted : HttpStatusCode.Forbidden);
        await registry.UseAsync("alice", "repository:main/app:pull");
        await AssertPointsAsync(registry.Client, "v1", exceptOverwrite ? null : 1);
    }

    // RFC 9110, section 13.2.1: what would be refused without the condition is refused with it.
    [Theory]
    [Trait("Protocol", "W14")]
    [InlineData(false, "If-Match", "right", HttpStatusCode.Forbidden)]
    [InlineData(false, "If-Match", "wrong", HttpStatusCode.Forbidden)]
    [InlineData(false, "If-None-Match", "*", HttpStatusCode.Forbidden)]
    [InlineData(true, "If-Match", "right", HttpStatusCode.Created)]
    [InlineData(true, "If-Match", "wrong", HttpStatusCode.PreconditionFailed)]
    [InlineData(true, "If-None-Match", "*", HttpStatusCode.PreconditionFailed)]
    public async Task Conditions_come_after_the_right_to_move_the_tag(bool exceptOverwrite, string header, string value, HttpStatusCode expected)
    {
        await using RegistryHost host = await StartAsync(feed =>
        {
            Immutable(feed);
            feed.ImmutableTagsExceptOverwrite = exceptOverwrite;
        });
        await PutAsync(host.Client, "v1", 1, ("If-None-Match", "*")).ShouldBeAsync(HttpStatusCode.Created);
        value = value switch
        {
            "right" => $"\"{Images.Sha256(Manifest(1))}\"",
            "wrong" => $"\"{Images.Sha256(Manifest(2))}\"",
            _ => value,
        };

        HttpResponseMessage answer = await PutAsync(host.Client, "v1", 2, (header, value)).ShouldBeAsync(expected);

        Assert.True(expected == HttpStatusCode.Created || (await answer.ErrorsAsync()).Length == 1);
        await AssertPointsAsync(host.Client, "v1", expected == HttpStatusCode.Created ? 2 : 1);
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task Of_many_with_the_right_to_overwrite_that_move_an_immutable_tag_from_where_it_was_one_does()
    {
        await using RegistryHost host = await StartAsync(static feed =>
        {
            Immutable(feed);
            feed.ImmutableTagsExceptOverwrite = true;
        });
        await PutAsync(host.Client, "v1", 100).ShouldBeAsync(HttpStatusCode.Created);

        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PutAsync(host.Client, "v1", i, ("If-Match", $"\"{Images.Sha256(Manifest(100))}\""))));

        Assert.Equal(7, answers.Count(static answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
        await AssertPointsAsync(host.Client, "v1", Array.FindIndex(answers, static answer => answer.StatusCode == HttpStatusCode.Created));
    }

    [Fact]
    public async Task A_change_of_the_feed_holds_at_once()
    {
        await using RegistryHost host = await StartAsync();
        await PutAsync(host.Client, "v1", 1).ShouldBeAsync(HttpStatusCode.Created);
        HostFeeds feeds = host.Services.GetRequiredKeyedService<HostFeeds>("");

        feeds.Set(new Feed("main"));
        await PutAsync(host.Client, "v1", 2).ShouldBeAsync(HttpStatusCode.Created);
        var again = new Feed("main");
        again.ImmutableTags.Add("*");
        feeds.Set(again);
        await PutAsync(host.Client, "v1", 1).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");

        var wrong = new Feed("main");
        wrong.ImmutableTags.Add("a b");
        Assert.Contains("'a b' in ImmutableTags of feed 'main'", Assert.Throws<ArgumentException>(() => feeds.Set(wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_names_the_tags()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["main:ImmutableTags:0"] = "v*",
            ["main:ImmutableTags:1"] = "!v0*",
            ["main:immutableTagsExceptOverwrite"] = "true",
            ["main:ProtectedTags"] = "latest",
        }).Build();
        await using RegistryHost host = await FeedTests.StartAsync(registry => registry.AddFeeds(configuration));

        Feed feed = Assert.Single(host.Services.GetRequiredKeyedService<HostFeeds>("").Feeds);

        Assert.Equal(["v*", "!v0*"], feed.ImmutableTags);
        Assert.True(feed.ImmutableTagsExceptOverwrite);
        Assert.Equal(["latest"], feed.ProtectedTags);
    }

    [Fact]
    public async Task Patterns_that_fit_no_tag_stop_the_start()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(static feed =>
        {
            feed.ImmutableTags.Add("!v*");
            feed.ProtectedTags.Add("team/*");
        }));

        Assert.Contains("'!v*' in ImmutableTags of feed 'main'", e.Message, StringComparison.Ordinal);
        Assert.Contains("'team/*' in ProtectedTags of feed 'main'", e.Message, StringComparison.Ordinal);
    }
}
