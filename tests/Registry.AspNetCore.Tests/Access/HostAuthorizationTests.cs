using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Access;

/// <summary>Hosts whose own handlers decide, operation by operation.</summary>
public sealed class HostAuthorizationTests
{
    [Theory]
    [Trait("Protocol", "K3")]
    [Trait("Protocol", "E11")]
    [InlineData("GET", "", RegistryAction.Connect, null, null)]
    [InlineData("HEAD", "", RegistryAction.Connect, null, null)]
    [InlineData("GET", "_catalog", RegistryAction.List, null, null)]
    [InlineData("GET", "a/b/tags/list", RegistryAction.Pull, "a/b", null)]
    [InlineData("GET", "a/b/manifests/v1", RegistryAction.Pull, "a/b", "v1")]
    [InlineData("HEAD", "a/b/manifests/v1", RegistryAction.Pull, "a/b", "v1")]
    [InlineData("GET", "a/b/manifests/" + Images.Unknown, RegistryAction.Pull, "a/b", null)]
    [InlineData("GET", "a/b/referrers/" + Images.Unknown, RegistryAction.Pull, "a/b", null)]
    [InlineData("GET", "a/b/blobs/" + Images.Unknown, RegistryAction.Pull, "a/b", null)]
    [InlineData("HEAD", "a/b/blobs/" + Images.Unknown, RegistryAction.Pull, "a/b", null)]
    [InlineData("POST", "a/b/blobs/uploads/", RegistryAction.Push, "a/b", null)]
    [InlineData("GET", "a/b/blobs/uploads/x", RegistryAction.Push, "a/b", null)]
    [InlineData("PATCH", "a/b/blobs/uploads/x", RegistryAction.Push, "a/b", null)]
    [InlineData("PUT", "a/b/blobs/uploads/x", RegistryAction.Push, "a/b", null)]
    [InlineData("DELETE", "a/b/blobs/uploads/x", RegistryAction.Push, "a/b", null)]
    [InlineData("PUT", "a/b/manifests/v1", RegistryAction.Push, "a/b", "v1")]
    [InlineData("DELETE", "a/b/manifests/v1", RegistryAction.Delete, "a/b", "v1")]
    [InlineData("DELETE", "a/b/manifests/" + Images.Unknown, RegistryAction.Delete, "a/b", null)]
    [InlineData("DELETE", "a/b/blobs/" + Images.Unknown, RegistryAction.Delete, "a/b", null)]
    [InlineData("GET", "manifests/manifests/tags", RegistryAction.Pull, "manifests", "tags")]
    public async Task A_handler_is_asked_about_the_action_the_repository_and_the_tag(string method, string path, RegistryAction action, string? repository, string? tag)
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (_, _, _) => false);

        await registry.Client.AskAsync(method, "/v2/" + path, null, BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.Forbidden);

        (string? user, RegistryAction asked, RegistryResource resource) = Assert.Single(registry.Decisions);
        Assert.Equal("alice", user);
        Assert.Equal(action, asked);
        Assert.Equal("", resource.Registry);
        Assert.Equal(repository, resource.Repository?.Value);
        Assert.Equal(tag, resource.Tag?.Value);
    }

    [Fact]
    [Trait("Protocol", "K3")]
    public async Task Who_may_pull_and_not_push_pulls_and_does_not_push()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(
            static (user, action, _) => user == "admin" || (user == "reader" && action is RegistryAction.Connect or RegistryAction.Pull));
        BasicScheme.As(registry.Client, "admin");
        PushedImage image = await registry.Client.PushImageAsync("app", "v1");
        BasicScheme.As(registry.Client, "reader");

        await registry.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);
        await registry.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await registry.Client.AskAsync("HEAD", $"/v2/app/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);
        await registry.Client.FetchAsync($"/v2/app/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);
        await registry.Client.AskAsync("POST", "/v2/app/blobs/uploads/").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.PutManifestAsync("app", "v1", image.Manifest).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.AskAsync("DELETE", "/v2/app/manifests/v1").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.FetchAsync("/v2/_catalog").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "K3")]
    public async Task Who_only_pulls_changes_nothing_in_the_store()
    {
        var store = new FaultyStore();
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(
            static (user, action, _) => user == "admin" || action is RegistryAction.Connect or RegistryAction.Pull or RegistryAction.List,
            builder => builder.AddStorage(_ => store));
        BasicScheme.As(registry.Client, "admin");
        PushedImage image = await registry.Client.PushImageAsync("app", "v1");
        BasicScheme.As(registry.Client, "reader");
        var writes = new List<string>();
        store.Before = (operation, key) =>
        {
            if (operation is not ("get" or "read" or "list"))
            {
                writes.Add($"{operation} {key}");
            }
        };

        foreach (string path in (string[])["", "_catalog", "app/tags/list", "app/manifests/v1", $"app/blobs/{image.Layer}", $"app/referrers/{image.Digest}"])
        {
            await registry.Client.FetchAsync("/v2/" + path).ShouldBeAsync(HttpStatusCode.OK);
            await registry.Client.AskAsync("HEAD", "/v2/" + path).ShouldBeAsync(HttpStatusCode.OK);
        }

        Assert.Empty(writes);
    }

    [Fact]
    [Trait("Protocol", "K3")]
    public async Task Rights_may_differ_by_tag()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (_, action, resource) =>
            action != RegistryAction.Push || resource.Tag is null || !resource.Tag.Value.Value.StartsWith("release", StringComparison.Ordinal));
        BasicScheme.As(registry.Client, "dev");

        await registry.Client.PushImageAsync("app", "build-1");
        await registry.Client.PutManifestAsync("app", "release-1", Images.Index(""), Images.OciIndex).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Fact]
    [Trait("Protocol", "W12")]
    public async Task Rights_to_tags_hold_for_the_tags_parameter_too()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (_, action, resource) =>
            action != RegistryAction.Push || resource.Tag is null || !resource.Tag.Value.Value.StartsWith("release", StringComparison.Ordinal));
        BasicScheme.As(registry.Client, "dev");
        byte[] manifest = Images.Index("");

        await registry.Client.PutManifestAsync("app", $"{Images.Sha256(manifest)}?tag=build-1&tag=release-1", manifest, Images.OciIndex).ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");

        await registry.Client.FetchAsync("/v2/app/manifests/build-1").ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.PutManifestAsync("app", $"{Images.Sha256(manifest)}?tag=build-1&tag=build-2", manifest, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
    }

    [Theory]
    [Trait("Protocol", "T12")]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(50)]
    public async Task A_tag_list_shows_what_the_caller_may_pull_in_full_pages(int? size)
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (user, _, resource) =>
            user == "admin" || resource.Tag?.Value.StartsWith("release", StringComparison.Ordinal) != false);
        BasicScheme.As(registry.Client, "admin");
        string[] tags = ["build-1", "build-2", "release-1", "release-2", "test-1", "release-3", "release-4", "z"];
        foreach (string tag in tags)
        {
            await registry.Client.PutManifestAsync("app", tag, Images.Index(""), Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
        }

        BasicScheme.As(registry.Client, "alice");
        var seen = new List<string>();
        string? next = "/v2/app/tags/list" + (size is null ? "" : $"?n={size}");
        while (next is not null)
        {
            HttpResponseMessage response = await registry.Client.FetchAsync(next).ShouldBeAsync(HttpStatusCode.OK);
            string[] page = [.. (await response.JsonAsync()).GetProperty("tags").EnumerateArray().Select(static tag => tag.GetString()!)];
            Assert.Equal(Math.Min(size ?? 4, 4 - seen.Count), page.Length);
            seen.AddRange(page);
            next = response.NextPage();
        }

        Assert.Equal(["release-1", "release-2", "release-3", "release-4"], seen);
        await registry.Client.FetchAsync("/v2/app/manifests/build-1").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Theory]
    [Trait("Protocol", "T11")]
    [Trait("Protocol", "T12")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(100)]
    public async Task The_catalog_shows_what_the_caller_may_pull_in_full_pages(int size)
    {
        // r00, r03, r06 … r27 are Alice's; Bob has none.
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (user, action, resource) =>
            user == "admin" || action == RegistryAction.List || (user == "alice" && IsAlices(resource.Repository!.Value.Value)));
        BasicScheme.As(registry.Client, "admin");
        string[] all = [.. Enumerable.Range(0, 30).Select(static i => $"r{i:D2}")];
        foreach (string name in all)
        {
            await registry.Client.PushManifestAsync(name, "v1", Images.Index(""), Images.OciIndex);
        }

        string[] alices = [.. all.Where(IsAlices)];
        Assert.Equal(all, await PagesAsync(registry.Client, size, all.Length));
        BasicScheme.As(registry.Client, "alice");
        Assert.Equal(alices, await PagesAsync(registry.Client, size, alices.Length));
        Assert.Equal(["r03"], await NamesAsync(await registry.Client.FetchAsync("/v2/_catalog?n=1&last=r01")));
        BasicScheme.As(registry.Client, "bob");
        Assert.Empty(await PagesAsync(registry.Client, size, 0));

        static bool IsAlices(string name) => int.Parse(name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % 3 == 0;
    }

    [Fact]
    [Trait("Protocol", "U6")]
    public async Task What_the_caller_may_not_pull_cannot_be_mounted_and_looks_as_if_it_were_not_there()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (user, _, resource) =>
            user == "admin" || resource.Repository?.Value.StartsWith("open", StringComparison.Ordinal) == true);
        BasicScheme.As(registry.Client, "admin");
        string secret = await registry.Client.PushBlobAsync("secret", Images.Bytes("secret"));
        string open = await registry.Client.PushBlobAsync("open/source", Images.Bytes("open"));
        BasicScheme.As(registry.Client, "alice");

        HttpResponseMessage there = await registry.Client.AskAsync("POST", $"/v2/open/target/blobs/uploads/?mount={secret}&from=secret").ShouldBeAsync(HttpStatusCode.Accepted);
        HttpResponseMessage notThere = await registry.Client.AskAsync("POST", $"/v2/open/target/blobs/uploads/?mount={Images.Unknown}&from=secret").ShouldBeAsync(HttpStatusCode.Accepted);
        await registry.Client.AskAsync("POST", $"/v2/open/target/blobs/uploads/?mount={secret}").ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Matches("^/v2/open/target/blobs/uploads/[0-9A-Za-z]+$", there.Header("Location"));
        Assert.Equal(
            there.Headers.Select(static header => header.Key).Order(StringComparer.Ordinal),
            notThere.Headers.Select(static header => header.Key).Order(StringComparer.Ordinal));
        await registry.Client.FetchAsync($"/v2/open/target/blobs/{secret}").ShouldBeAsync(HttpStatusCode.NotFound);
        await registry.Client.AskAsync("POST", $"/v2/open/target/blobs/uploads/?mount={open}&from=open/source").ShouldBeAsync(HttpStatusCode.Created);
        await registry.Client.AskAsync("POST", $"/v2/open/other/blobs/uploads/?mount={open}").ShouldBeAsync(HttpStatusCode.Created);
        await registry.Client.FetchAsync($"/v2/open/target/blobs/{open}").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "D4")]
    public async Task A_manifest_makes_no_content_visible_that_the_caller_may_not_pull()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (user, _, resource) => user == "admin" || resource.Repository?.Value == "open");
        BasicScheme.As(registry.Client, "admin");
        PushedImage image = await registry.Client.PushImageAsync("secret", "v1");
        BasicScheme.As(registry.Client, "alice");

        await registry.Client.PutManifestAsync("open", "v1", image.Manifest).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");

        await registry.Client.FetchAsync($"/v2/open/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [Trait("Protocol", "ER4")]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("DELETE")]
    public async Task Who_may_not_look_does_not_learn_what_is_there(string method)
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (user, _, _) => user == "admin");
        BasicScheme.As(registry.Client, "admin");
        PushedImage image = await registry.Client.PushImageAsync("secret", "v1");
        foreach (string? user in (string?[])["alice", null])
        {
            BasicScheme.As(registry.Client, user);
            string[] there = [$"secret/manifests/v1", $"secret/manifests/{image.Digest}", $"secret/blobs/{image.Layer}"];
            string[] notThere = ["secret/manifests/no", $"secret/manifests/{Images.Unknown}", $"nothing/blobs/{Images.Unknown}"];
            foreach ((string one, string other) in there.Zip(notThere))
            {
                HttpResponseMessage first = await registry.Client.AskAsync(method, "/v2/" + one);
                HttpResponseMessage second = await registry.Client.AskAsync(method, "/v2/" + other);
                Assert.Equal(user is null ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden, first.StatusCode);
                Assert.Equal(first.StatusCode, second.StatusCode);
                Assert.Equal(Shown(first), Shown(second));
                Assert.Equal(await first.TextAsync(), await second.TextAsync());
            }
        }

        static IEnumerable<string> Shown(HttpResponseMessage response) => response.Headers.Concat(response.Content.Headers)
            .Where(static header => header.Key != "Date")
            .Select(static header => $"{header.Key}: {string.Join(',', header.Value)}")
            .Order(StringComparer.Ordinal);
    }

    [Fact]
    [Trait("Protocol", "K8")]
    public async Task A_right_that_is_withdrawn_is_gone_with_the_next_request()
    {
        bool allowed = true;
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync((_, _, _) => Volatile.Read(ref allowed));
        BasicScheme.As(registry.Client, "alice");
        PushedImage image = await registry.Client.PushImageAsync("app", "v1");
        await registry.Client.FetchAsync($"/v2/app/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);

        Volatile.Write(ref allowed, false);

        await registry.Client.FetchAsync($"/v2/app/blobs/{image.Layer}").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
        await registry.Client.FetchAsync("/v2/app/manifests/v1").ShouldFailAsync(HttpStatusCode.Forbidden, "DENIED");
    }

    [Fact]
    [Trait("Protocol", "ER4")]
    public async Task A_handler_that_throws_opens_nothing_and_tells_nothing()
    {
        await using GuardedRegistry registry = await GuardedRegistry.StartAsync(static (_, _, _) => throw new InvalidOperationException("secret"));

        HttpResponseMessage response = await registry.Client.FetchAsync("/v2/app/manifests/v1", BasicScheme.SignIn("alice")).ShouldBeAsync(HttpStatusCode.InternalServerError);

        Assert.Equal("UNKNOWN", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.DoesNotContain("secret", await response.TextAsync(), StringComparison.Ordinal);
    }

    private static async Task<string[]> PagesAsync(HttpClient client, int size, int total)
    {
        var seen = new List<string>();
        string? next = $"/v2/_catalog?n={size}";
        while (next is not null)
        {
            HttpResponseMessage response = await client.FetchAsync(next).ShouldBeAsync(HttpStatusCode.OK);
            string[] page = await NamesAsync(response);
            Assert.Equal(Math.Min(size, total - seen.Count), page.Length);
            seen.AddRange(page);
            next = response.NextPage();
            Assert.Equal(seen.Count < total, next is not null);
        }

        return [.. seen];
    }

    private static async Task<string[]> NamesAsync(HttpResponseMessage response) =>
        [.. (await response.JsonAsync()).GetProperty("repositories").EnumerateArray().Select(static name => name.GetString()!)];
}
