using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.SignIn;

/// <summary>What attackers try: tokens that were not made for this, names that lead elsewhere, and questions about what is not theirs.</summary>
public sealed class AttackTests
{
    private static readonly (string, string) ToPrivate = ("Host", "private.example.com");

    // alice owns the feed "private", bob the feed "public", which has the alias "pub".
    private static void TwoFeeds(IDockerRegistryBuilder registry) => registry
        .AddFeed("private", static feed => feed.Hosts.Add("private.example.com"))
        .AddFeed("public", static feed =>
        {
            feed.Aliases.Add("pub");
            feed.Aliases.Add("public");
        })
        .AddGrants(static grants => grants.Allow("user:alice", "*").Allow("user:bob", "public"));

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task Forged_damaged_and_foreign_tokens_open_nothing()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);
        await using SignInRegistry other = await SignInRegistry.StartAsync(TwoFeeds);
        const string Scope = "repository:private/app:pull";
        string token = await registry.TokenAsync("alice", Scope);
        var forged = new List<string>
        {
            token[..^1], token[1..], token + "A", token.ToUpperInvariant(), token[..(token.Length / 2)], "", ".", "..", "null", new('A', 20_000),
            await other.TokenAsync("alice", Scope),
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImFjY2VzcyI6W3sidHlwZSI6InJlcG9zaXRvcnkiLCJuYW1lIjoicHJpdmF0ZS9hcHAiLCJhY3Rpb25zIjpbInB1bGwiXX1dfQ.",
        };
        for (int i = 10; i < token.Length; i += 37)
        {
            forged.Add(token[..i] + (token[i] == 'x' ? 'y' : 'x') + token[(i + 1)..]);
        }

        foreach (string text in forged)
        {
            await registry.Client.FetchAsync("/v2/private/app/tags/list", ("Authorization", "Bearer " + text)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        }

        await registry.Client.FetchAsync("/v2/private/app/tags/list", TokenAnswers.Bearer(token)).ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task A_refresh_token_is_no_access_token_and_the_other_way_round()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);
        HttpResponseMessage response = await registry.AskTokenAsync("&offline_token=true&scope=repository:private/app:pull", "alice").ShouldBeAsync(HttpStatusCode.OK);
        string access = (await response.JsonAsync()).GetProperty("token").GetString()!;
        string refresh = (await response.JsonAsync()).GetProperty("refresh_token").GetString()!;

        await registry.Client.FetchAsync("/v2/private/app/tags/list", TokenAnswers.Bearer(refresh)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.PostTokenAsync("/v2/_auth", ("grant_type", "refresh_token"), ("service", registry.Authority), ("refresh_token", access)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task A_token_for_one_service_is_none_for_another()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);
        string forHost = await registry.Client.FetchAsync("/v2/_auth?scope=repository:app:pull", ToPrivate, BasicScheme.SignIn("alice")).TokenAsync();
        string forAddress = await registry.TokenAsync("alice", "repository:private/app:pull");

        await registry.Client.FetchAsync("/v2/app/tags/list", ToPrivate, TokenAnswers.Bearer(forHost)).ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/v2/private/app/tags/list", TokenAnswers.Bearer(forAddress)).ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/v2/private/app/tags/list", TokenAnswers.Bearer(forHost)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.FetchAsync("/v2/app/tags/list", ToPrivate, TokenAnswers.Bearer(forAddress)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await registry.Client.FetchAsync("/v2/private/app/tags/list", ("Host", "elsewhere.example.com"), TokenAnswers.Bearer(forAddress)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task Two_registries_of_one_host_do_not_take_each_others_tokens()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(
            TwoFeeds,
            static builder => builder.Services.AddDockerRegistry("second").AddInMemoryStorage()
                .AddUsers(static users => users.Add("alice", Credentials.SignInRig.Hash("secret of alice"))).AddGrants(static grants => grants.Allow("user:alice", "*")),
            static app =>
            {
                Microsoft.AspNetCore.Builder.DockerRegistryEndpointRouteBuilderExtensions.MapDockerRegistry(app);
                Microsoft.AspNetCore.Builder.DockerRegistryEndpointRouteBuilderExtensions.MapDockerRegistry(app, "/second/v2", "second");
            });
        string token = await registry.TokenAsync("alice", "repository:private/app:pull");

        await registry.Client.FetchAsync("/second/v2/private/app/tags/list", TokenAnswers.Bearer(token)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Theory]
    [Trait("Protocol", "K6")]
    [InlineData("/v2/private/app/tags/list")]
    [InlineData("/private/v2/app/tags/list")]
    [InlineData("/v2/pub/../private/app/tags/list")]
    [InlineData("/v2/pub%2F..%2Fprivate/app/tags/list")]
    [InlineData("/v2/private%2Fapp/tags/list")]
    [InlineData("/v2/PRIVATE/app/tags/list")]
    [InlineData("/PRIVATE/v2/app/tags/list")]
    [InlineData("/v2/pub//private/app/tags/list")]
    [InlineData("/pub/v2/../v2/private/app/tags/list")]
    [InlineData("/pub%2Fv2/private/v2/app/tags/list")]
    [InlineData("/v2/%70rivate/app/tags/list")]
    public async Task No_spelling_of_a_name_leads_into_a_feed_that_is_not_the_callers(string path)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry =>
        {
            TwoFeeds(registry);
            registry.AddSignIn(static options => options.Service = "fixed");
        });
        BasicScheme.As(registry.Client, "alice");
        await registry.Client.PushImageAsync("private/app", "v1");
        registry.Client.DefaultRequestHeaders.Authorization = null;
        string token = await registry.Client.FetchAsync(
            "/v2/_auth?service=fixed&scope=repository:private/app:pull&scope=repository:pub/app:pull&scope=repository:public/app:pull,push,delete", BasicScheme.SignIn("bob")).TokenAsync();

        foreach ((string, string) credentials in ((string, string)[])[TokenAnswers.Bearer(token), BasicScheme.SignIn("bob")])
        {
            Answer answer = await RawHttp.SendAsync(registry.Host, $"GET {path}", $"{credentials.Item1}: {credentials.Item2}");
            Assert.True(answer.Status is 400 or 401 or 403 or 404, $"{answer.Status} {answer.Text}");
            Assert.DoesNotContain("\"v1\"", answer.Text, StringComparison.Ordinal);
            (await RawHttp.SendAsync(registry.Host, "GET /v2/pub/app/tags/list", $"{credentials.Item1}: {credentials.Item2}")).Expect(404, "NAME_UNKNOWN");
        }
    }

    [Fact]
    [Trait("Protocol", "U6")]
    public async Task A_mount_opens_nothing_that_the_caller_or_the_token_may_not_pull()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);
        BasicScheme.As(registry.Client, "alice");
        string digest = await registry.Client.PushBlobAsync("private/app", Images.Bytes("secret"));
        string known = await registry.Client.PushBlobAsync("public/known", Images.Bytes("known"));
        registry.Client.DefaultRequestHeaders.Authorization = null;
        await registry.UseAsync("bob", "repository:public/app:pull,push repository:private/app:pull");

        foreach (string from in (string[])[$"&from=private/app", "", "&from=public/../private/app", "&from=PRIVATE/app", "&from=pub/private/app"])
        {
            await registry.Client.AskAsync("POST", $"/v2/public/app/blobs/uploads/?mount={digest}{from}").ShouldBeAsync(HttpStatusCode.Accepted);
        }

        // bob may pull it, and the token is not for it.
        await registry.Client.AskAsync("POST", $"/v2/public/app/blobs/uploads/?mount={known}&from=public/known").ShouldBeAsync(HttpStatusCode.Accepted);
        await registry.Client.FetchAsync($"/v2/public/app/blobs/{digest}").ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
    }

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task A_token_stays_narrow_whatever_its_user_may_and_by_whatever_name_the_feed_is_called()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);
        await registry.UseAsync("alice", "repository:pub/app:pull");

        await registry.Client.FetchAsync("/v2/pub/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/v2/public/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.FetchAsync("/public/v2/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);
        foreach (string path in (string[])["/v2/private/app/tags/list", "/private/v2/app/tags/list", "/v2/public/app2/tags/list", "/v2/public/app/x/tags/list", "/v2/_catalog"])
        {
            await registry.Client.FetchAsync(path).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        }

        await registry.Client.AskAsync("DELETE", "/v2/pub/app/manifests/v1").ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task A_feed_that_takes_over_a_name_does_not_take_over_its_tokens()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(static registry => registry
            .AddDefaultFeed().AddGrants(static grants => grants.Allow("user:bob", "/*").Allow("user:alice", "*")));
        await registry.UseAsync("bob", "repository:later/app:pull,push");
        await registry.Client.FetchAsync("/v2/later/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);

        registry.Host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed("later"));

        await registry.Client.FetchAsync("/v2/later/app/tags/list").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Theory]
    [Trait("Protocol", "ER4")]
    [InlineData(null)]
    [InlineData("bob")]
    [InlineData("token")]
    public async Task What_is_private_cannot_be_told_from_what_is_not_there(string? user)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);
        BasicScheme.As(registry.Client, "alice");
        PushedImage image = await registry.Client.PushImageAsync("private/app", "v1");
        registry.Client.DefaultRequestHeaders.Authorization = null;
        (string, string)[] credentials = user switch
        {
            null => [],
            "token" => [TokenAnswers.Bearer(await registry.TokenAsync("bob", "repository:private/app:pull repository:nothing/app:pull"))],
            _ => [BasicScheme.SignIn(user)],
        };
        foreach (string method in (string[])["GET", "HEAD", "DELETE", "PUT"])
        {
            foreach (string rest in (string[])["manifests/v1", $"manifests/{image.Digest}", $"blobs/{image.Layer}", "tags/list", $"referrers/{image.Digest}", "blobs/uploads/01234567890123456789012345"])
            {
                string there = await ShownAsync(registry, method, $"/v2/private/app/{rest}", credentials);
                Assert.Equal(there, (await ShownAsync(registry, method, $"/v2/private/not/{rest}", credentials)).Replace("private/not", "private/app", StringComparison.Ordinal));
                Assert.Equal(there, (await ShownAsync(registry, method, $"/v2/nothing/app/{rest}", credentials)).Replace("nothing/app", "private/app", StringComparison.Ordinal));
                string byPath = await ShownAsync(registry, method, $"/private/v2/app/{rest}", credentials);
                Assert.Equal(byPath, (await ShownAsync(registry, method, $"/nothing/v2/app/{rest}", credentials)).Replace("/nothing/", "/private/", StringComparison.Ordinal));
            }
        }

        Assert.Equal(await ShownAsync(registry, "GET", "/private/v2/_catalog", credentials), (await ShownAsync(registry, "GET", "/nothing/v2/_catalog", credentials)).Replace("/nothing/", "/private/", StringComparison.Ordinal));
        string catalog = await ShownAsync(registry, "GET", "/v2/_catalog", credentials);
        Assert.DoesNotContain("private", catalog, StringComparison.Ordinal);
        HttpResponseMessage tokens = await registry.Client.FetchAsync("/v2/_auth?scope=repository:private/app:pull&scope=repository:nothing/app:pull", user is "bob" ? credentials : []);
        Assert.Equal("", (await tokens.JsonAsync()).GetProperty("scope").GetString());
    }

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task A_right_that_is_taken_away_is_gone_for_tokens_that_are_out()
    {
        bool allowed = true;
        await using SignInRegistry registry = await SignInRegistry.StartAsync(
            static registry => registry.AddFeed("main").UseAuthorization(),
            builder => builder.Services.AddSingleton<Microsoft.AspNetCore.Authorization.IAuthorizationHandler>(new RulesHandler((user, _, _) => user == "alice" && Volatile.Read(ref allowed))));
        await registry.UseAsync("alice", "repository:main/app:pull");
        await registry.Client.FetchAsync("/v2/main/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);

        Volatile.Write(ref allowed, false);

        await registry.Client.FetchAsync("/v2/main/app/tags/list").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Theory]
    [Trait("Protocol", "K6")]
    [InlineData("roles")]
    [InlineData("password")]
    [InlineData("gone")]
    public async Task A_user_that_changes_in_the_configuration_changes_for_tokens_that_are_out(string change)
    {
        string hash = Credentials.SignInRig.Hash("secret of dave");
        var settings = new Dictionary<string, string?> { ["Users:dave:PasswordHash"] = hash, ["Users:dave:Roles:0"] = "dev", ["Users:eve:PasswordHash"] = hash };
        IConfigurationRoot configuration = new ConfigurationBuilder().Add(new Settings(settings)).Build();
        await using SignInRegistry registry = await SignInRegistry.StartAsync(registry => registry
            .AddUsers(configuration.GetSection("Users")).AddFeed("main").AddGrants(static grants => grants.Allow("role:dev", "*")));
        await registry.UseAsync("dave", "repository:main/app:pull");
        for (int i = 0; i < 3; i++)
        {
            await registry.Client.FetchAsync("/v2/main/app/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);
        }

        switch (change)
        {
            case "roles":
                settings["Users:dave:Roles:0"] = "other";
                break;
            case "password":
                settings["Users:dave:PasswordHash"] = Credentials.SignInRig.Hash("another");
                break;
            default:
                settings.Remove("Users:dave:PasswordHash");
                settings.Remove("Users:dave:Roles:0");
                break;
        }

        configuration.Reload();
        HttpStatusCode expected = change == "roles" ? HttpStatusCode.Forbidden : HttpStatusCode.Unauthorized;
        Assert.Equal(expected, (await registry.Client.FetchAsync("/v2/main/app/tags/list")).StatusCode);
        Assert.Equal(expected, (await registry.Client.FetchAsync("/v2/main/app/tags/list")).StatusCode);
    }

    [Theory]
    [Trait("Protocol", "K4")]
    [InlineData("ali\0ce", "secret of alice")]
    [InlineData("alice\n", "secret of alice")]
    [InlineData("alice:x", "secret of alice")]
    [InlineData("ALICE", "secret of alice")]
    [InlineData("alice ", "secret of alice")]
    [InlineData("alice", "secret of alice\0")]
    [InlineData("\u0430lice", "secret of alice")]
    public async Task No_other_spelling_of_a_user_signs_in(string user, string password)
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);

        await registry.Client.FetchAsync("/v2/", BasicScheme.Credentials(user, password)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        HttpResponseMessage posted = await registry.PostTokenAsync("/v2/_auth", ("grant_type", "password"), ("username", user), ("password", password));
        Assert.True(posted.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest, await posted.TextAsync());
    }

    [Fact]
    [Trait("Protocol", "K4")]
    public async Task A_name_of_ten_megabytes_is_not_read()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);

        Answer answer = await RawHttp.SendAsync(registry.Host, "POST /v2/_auth", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 10000000");

        answer.Expect(413);
    }

    [Fact]
    public async Task Guessing_is_slowed_down_and_locks_nobody_out_who_is_elsewhere()
    {
        await using SignInRegistry registry = await SignInRegistry.StartAsync(TwoFeeds);
        HttpResponseMessage response;
        int attempts = 0;
        do
        {
            response = await registry.Client.FetchAsync("/v2/", BasicScheme.Credentials("alice", $"guess {attempts++}"));
        }
        while (response.StatusCode == HttpStatusCode.Unauthorized && attempts < 100);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("TOOMANYREQUESTS", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.True(int.Parse(response.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture) > 0);
        await registry.Client.FetchAsync("/v2/_auth", BasicScheme.SignIn("alice")).ShouldFailAsync(HttpStatusCode.TooManyRequests, "TOOMANYREQUESTS");
        await registry.Client.FetchAsync("/v2/", BasicScheme.SignIn("bob")).ShouldBeAsync(HttpStatusCode.OK);
        registry.Clock.Advance(TimeSpan.FromMinutes(16));
        await registry.Client.FetchAsync("/v2/", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "K6")]
    public async Task Hosts_with_one_store_take_each_others_tokens_and_see_revocations()
    {
        var clock = new Credentials.ManualClock();
        var store = new InMemoryObjectStore(clock);
        await using SignInRegistry one = await StartSharingAsync(store, clock);
        await using SignInRegistry other = await StartSharingAsync(store, clock);

        foreach ((SignInRegistry from, SignInRegistry to) in ((SignInRegistry, SignInRegistry)[])[(one, other), (other, one)])
        {
            string token = await from.Client.FetchAsync("/v2/_auth?service=shared&scope=repository:public/app:pull", BasicScheme.SignIn("alice")).TokenAsync();
            await to.Client.FetchAsync("/v2/public/app/tags/list", TokenAnswers.Bearer(token)).ShouldBeAsync(HttpStatusCode.NotFound);
        }

        var keys = one.Host.Services.GetRequiredService<AspNetCore.Credentials.ApiKeys.IApiKeyService>();
        AspNetCore.Credentials.ApiKeys.CreatedApiKey key = await keys.CreateAsync(
            new AspNetCore.Credentials.ApiKeys.ApiKeyRequest { Name = "ci", Owner = "alice" }, TestContext.Current.CancellationToken);
        string byKey = await other.Client.FetchAsync("/v2/_auth?service=shared&scope=repository:public/app:pull", BasicScheme.Credentials("api", key.Key)).TokenAsync();
        await other.Client.FetchAsync("/v2/public/app/tags/list", TokenAnswers.Bearer(key.Key)).ShouldBeAsync(HttpStatusCode.NotFound);
        await keys.RevokeAsync(key.Info.Id, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromMilliseconds(999));
        await other.Client.FetchAsync("/v2/public/app/tags/list", TokenAnswers.Bearer(key.Key)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await other.Client.FetchAsync("/v2/public/app/tags/list", TokenAnswers.Bearer(byKey)).ShouldFailAsync(HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    /// <summary>Configuration that can lose settings.</summary>
    private sealed class Settings(Dictionary<string, string?> settings) : ConfigurationProvider, IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override void Load() => Data = new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase);
    }

    private static Task<SignInRegistry> StartSharingAsync(InMemoryObjectStore store, Credentials.ManualClock clock) => SignInRegistry.StartAsync(
        static registry =>
        {
            TwoFeeds(registry);
            registry.AddApiKeys().AddSignIn(static options => options.Service = "shared");
        },
        static builder => builder.Services.AddDataProtection().PersistKeysToRegistryStore(),
        store: store,
        clock: clock,
        ephemeralKeys: false);

    private static async Task<string> ShownAsync(SignInRegistry registry, string method, string path, (string, string)[] headers)
    {
        HttpResponseMessage response = await registry.Client.AskAsync(method, path, null, headers);
        IEnumerable<string> shown = response.Headers.Concat(response.Content.Headers)
            .Where(static header => header.Key != "Date")
            .Select(static header => $"{header.Key}: {string.Join(',', header.Value)}")
            .Order(StringComparer.Ordinal);
        return $"{(int)response.StatusCode}\n{string.Join('\n', shown)}\n{await response.TextAsync()}";
    }
}
