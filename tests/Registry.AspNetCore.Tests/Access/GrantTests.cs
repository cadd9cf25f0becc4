using System.Net;
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Tests.Feeds;
using Registry.AspNetCore.Tests.SignIn;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;

namespace Registry.AspNetCore.Tests.Access;

/// <summary>Who may do what without a line of code: grants.</summary>
public sealed class GrantTests
{
    private static void Feeds(IDockerRegistryBuilder registry) => registry.AddFeed("main").AddFeed("team-a").AddFeed("team-b");

    [Theory]
    [Trait("Protocol", "K3")]
    [InlineData("user:alice", "main/app", "alice", 200)]
    [InlineData("user:alice", "main/app", "bob", 403)]
    [InlineData("user:alice", "main/app", null, 401)]
    [InlineData("user:Alice", "main/app", "alice", 403)]
    [InlineData("role:dev", "main/app", "alice", 200)]
    [InlineData("role:dev", "main/app", "bob", 403)]
    [InlineData("authenticated", "main/app", "bob", 200)]
    [InlineData("authenticated", "main/app", null, 401)]
    [InlineData("everyone", "main/app", "bob", 200)]
    [InlineData("everyone", "main/app", null, 200)]
    [InlineData("anonymous", "main/app", null, 200)]
    [InlineData("anonymous", "main/app", "bob", 403)]
    [InlineData("user:alice", "main", "alice", 200)]
    [InlineData("user:alice", "main/*", "alice", 200)]
    [InlineData("user:alice", "*", "alice", 200)]
    [InlineData("user:alice", "*/app", "alice", 200)]
    [InlineData("user:alice", "m??n/a*", "alice", 200)]
    [InlineData("user:alice", "main/app?", "alice", 403)]
    [InlineData("user:alice", "main/ap", "alice", 403)]
    [InlineData("user:alice", "team-*", "alice", 403)]
    public async Task A_grant_opens_its_place_to_whom_it_names(string to, string on, string? user, int expected)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(registry =>
        {
            Feeds(registry);
            registry.AddGrants(grants => grants.Allow(to, on, RegistryAction.Pull));
        });

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/main/app/tags/list", user is null ? [] : [BasicScheme.SignIn(user)]);

        Assert.Equal(expected == 200 ? HttpStatusCode.NotFound : (HttpStatusCode)expected, response.StatusCode);
    }

    [Fact]
    [Trait("Protocol", "K3")]
    public async Task What_is_denied_stays_denied_whoever_allows_it()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry =>
        {
            Feeds(registry);
            registry.AllowAnonymousPull().AddGrants(static grants => grants
                .Allow("authenticated", "*")
                .Deny("anonymous", "main/secret/*")
                .Deny("user:bob", "main/secret/*", RegistryAction.Push)
                .Deny("role:dev", "team-a"));
        });

        await registry.Client.FetchAsync("/v2/main/open/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/v2/main/secret/app/tags/list").ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.FetchAsync("/v2/main/secret/app/tags/list", BasicScheme.SignIn("bob")).ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.AskAsync("POST", "/v2/main/secret/app/blobs/uploads/", null, BasicScheme.SignIn("bob")).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.AskAsync("POST", "/v2/main/secret/app/blobs/uploads/", null, BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.Accepted);
        await registry.Client.FetchAsync("/v2/team-a/app/tags/list", BasicScheme.SignIn("alice")).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Fact]
    [Trait("Protocol", "K3")]
    public async Task What_a_handler_of_the_host_denies_stays_denied_though_nothing_but_grants_was_set_up()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(
            static registry =>
            {
                Feeds(registry);
                registry.AddGrants(static grants => grants.Allow("authenticated", "*"));
            },
            static builder => builder.Services.AddSingleton<Microsoft.AspNetCore.Authorization.IAuthorizationHandler, NothingForBob>());

        await registry.Client.FetchAsync("/v2/main/app/tags/list", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/v2/main/app/tags/list", BasicScheme.SignIn("bob")).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    private sealed class NothingForBob : Microsoft.AspNetCore.Authorization.AuthorizationHandler<RegistryRequirement, RegistryResource>
    {
        protected override Task HandleRequirementAsync(
            Microsoft.AspNetCore.Authorization.AuthorizationHandlerContext context, RegistryRequirement requirement, RegistryResource resource)
        {
            if (context.User.Identity?.Name == "bob")
            {
                context.Fail();
            }

            return Task.CompletedTask;
        }
    }

    [Fact]
    [Trait("Protocol", "K3")]
    public async Task Moving_a_tag_takes_a_right_of_its_own()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry => registry.AddFeed("main").AddGrants(static grants => grants
            .Allow("user:alice", "main", RegistryAction.Pull, RegistryAction.Push)
            .Allow("user:bob", "main", RegistryAction.Pull, RegistryAction.Push, RegistryAction.Overwrite)));
        byte[] first = Images.Index("");
        byte[] second = [.. first, (byte)' '];
        BasicScheme.As(registry.Client, "alice");
        await registry.Client.PutManifestAsync("main/app", "v1", first, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);

        await registry.Client.PutManifestAsync("main/app", "v1", first, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
        await registry.Client.PutManifestAsync("main/app", "v1", second, Images.OciIndex).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.PutManifestAsync("main/app", $"{Images.Sha256(second)}?tag=v2&tag=v1", second, Images.OciIndex).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.FetchAsync("/v2/main/app/manifests/v2").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await registry.Client.PutManifestAsync("main/app", "v2", second, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
        await registry.Client.PutManifestAsync("main/app", $"{Images.Sha256(second)}", second, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);

        BasicScheme.As(registry.Client, "bob");
        await registry.Client.PutManifestAsync("main/app", "v1", second, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
        HttpResponseMessage moved = await registry.Client.FetchAsync("/v2/main/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(Images.Sha256(second), moved.Header("Docker-Content-Digest"));
    }

    [Fact]
    [Trait("Protocol", "T11")]
    public async Task Lists_show_what_the_caller_may_list_and_pull_in_full_pages()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry =>
        {
            Feeds(registry);
            registry.AddGrants(static grants => grants
                .Allow("user:alice", "*")
                .Allow("user:bob", "main/b*", RegistryAction.Pull, RegistryAction.List)
                .Allow("user:bob", "team-b", RegistryAction.Pull)
                .Deny("user:bob", "main/b2", RegistryAction.List));
        });
        BasicScheme.As(registry.Client, "alice");
        string[] all = [.. Enumerable.Range(0, 12).Select(static i => $"main/{"abc"[i % 3]}{i}").Append("team-a/x").Append("team-b/y").Append("main/b2")];
        foreach (string name in all)
        {
            await registry.Client.PushManifestAsync(name, "v1", Images.Index(""), Images.OciIndex);
        }

        for (int size = 1; size < 6; size++)
        {
            BasicScheme.As(registry.Client, "alice");
            Assert.Equal(all.Order(StringComparer.Ordinal), await FeedTests.PagesAsync(registry.Client, $"/v2/_catalog?n={size}"));
            BasicScheme.As(registry.Client, "bob");
            Assert.Equal(["main/b1", "main/b10", "main/b4", "main/b7"], await FeedTests.PagesAsync(registry.Client, $"/v2/_catalog?n={size}"));
            Assert.Equal(["b1", "b10", "b4", "b7"], await FeedTests.PagesAsync(registry.Client, $"/main/v2/_catalog?n={size}"));
        }

        await registry.Client.FetchAsync("/team-b/v2/_catalog").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.UseAsync("bob", "registry:catalog:*");
        Assert.Equal(["main/b1", "main/b10", "main/b4", "main/b7"], await FeedTests.PagesAsync(registry.Client, "/v2/_catalog"));
        registry.Use(null);
        await registry.Client.FetchAsync("/v2/_catalog").ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Fact]
    [Trait("Protocol", "K3")]
    public async Task Wrong_grants_stop_the_start_and_all_are_named()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => SignInRegistry.StartAsync(registry =>
        {
            Feeds(registry);
            registry.AddGrants(static grants => grants.Allow("alice", "main").Allow("user:alice", "nowhere/app").Allow("user:alice", "/app").Allow("user:", "Main/app"));
            registry.AddGrants(Section("""{ "Grants": [ { "To": "everyone", "On": "main", "Actions": [ "fly" ] }, { "To": "everyone", "On": "main" }, { "To": "role:x", "On": "team-*", "Actions": "pull, push", "Denied": true } ] }"""));
        }));

        foreach (string part in (string[])["'alice' is nobody", "no feed 'nowhere'", "no default feed", "'user:' is nobody", "'Main/app' is no place", "'fly' is no action", "names no actions", "'Denied' is no setting"])
        {
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Protocol", "K8")]
    public async Task Grants_in_configuration_change_while_the_host_runs_and_bad_ones_change_nothing()
    {
        string path = Path.Combine(Path.GetTempPath(), $"grants-{Guid.NewGuid()}.json");
        await WriteGrantAsync(path, "user:bob", "pull");
        try
        {
            IConfigurationRoot configuration = new ConfigurationBuilder().AddJsonFile(path).Build();
            await using SignInRegistry registry = await SignInRegistry.StartAsync(registry =>
            {
                Feeds(registry);
                registry.AddGrants(configuration.GetSection("Grants"));
            });
            string token = await registry.TokenAsync("bob", "repository:main/app:pull");
            registry.Use(token);
            await registry.Client.FetchAsync("/v2/main/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);

            await WriteGrantAsync(path, "user:bob", "fly");
            configuration.Reload();
            await registry.Client.FetchAsync("/v2/main/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);

            await WriteGrantAsync(path, "user:alice", "pull");
            configuration.Reload();
            await registry.Client.FetchAsync("/v2/main/app/tags/list").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Task WriteGrantAsync(string path, string to, string action) => File.WriteAllTextAsync(
            path, new JsonObject { ["Grants"] = new JsonArray(new JsonObject { ["To"] = to, ["On"] = "main", ["Actions"] = action }) }.ToJsonString(), TestContext.Current.CancellationToken);

    [Fact]
    [Trait("Protocol", "K8")]
    public async Task Every_host_follows_the_configuration_that_it_shares()
    {
        // A folder of its own: changes are watched for in all that is below the file's.
        string folder = Directory.CreateTempSubdirectory("grants-").FullName;
        string path = Path.Combine(folder, "grants.json");
        await WriteGrantAsync(path, "user:bob", "pull");
        try
        {
            await using SignInRegistry one = await StartAsync();
            await using SignInRegistry other = await StartAsync();
            foreach (SignInRegistry registry in (SignInRegistry[])[one, other])
            {
                await registry.UseAsync("bob", "repository:main/app:pull");
                await registry.Client.FetchAsync("/v2/main/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);
            }

            await WriteGrantAsync(path, "user:alice", "pull");

            foreach (SignInRegistry registry in (SignInRegistry[])[one, other])
            {
                await Eventually.IsAsync(async () => (await registry.Client.FetchAsync("/v2/main/app/tags/list")).StatusCode == HttpStatusCode.Forbidden);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Task<SignInRegistry> StartAsync() => SignInRegistry.StartAsync(registry =>
        {
            Feeds(registry);
            registry.AddGrants(new ConfigurationBuilder().AddJsonFile(path, optional: false, reloadOnChange: true).Build().GetSection("Grants"));
        });
    }

    [Fact]
    public void A_decision_among_many_grants_and_feeds_allocates_nothing()
    {
        // A claims principal gives its claims by objects of its own, as many for a few grants as for a thousand.
        Assert.Equal(Allocated(grants: 6, feeds: 1), Allocated(grants: 1000, feeds: 200));
    }

    // What a decision allocates, in bytes.
    private static long Allocated(int grants, int feeds)
    {
        const int Rounds = 1000;
        var table = new GrantTable([.. Enumerable.Range(0, grants).Select(static i => new Grant(
            i % 2 == 0 ? GrantSubject.User : GrantSubject.Role, $"name{i}", i % 5 == 0 ? "*" : $"feed{i % 200}", "app*", Grant.Bit(RegistryAction.Pull), Denies: i % 100 == 99))]);
        var all = new FeedTable([.. Enumerable.Range(0, feeds).Select(static i => new Feed($"feed{i}"))]);
        var caller = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "name0"), new(ClaimTypes.Role, "name11"), new(ClaimTypes.Role, "other")], "test"));
        Model.RepositoryName repository = Model.RepositoryName.Parse("app");
        int allowed = 0;
        Decide(feeds);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Decide(Rounds);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(feeds + Rounds, allowed);
        return bytes / Rounds;

        void Decide(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                ActiveFeed feed = all.Feeds[i % feeds];
                allowed += table.Decide(caller, RegistryAction.Pull, feed, feed.Name, repository) == GrantDecision.Allow ? 1 : 0;
            }
        }
    }

    private static IConfigurationSection Section(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build().GetSection("Grants");
}
