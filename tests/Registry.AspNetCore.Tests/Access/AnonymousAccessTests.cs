using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Access;

/// <summary>Registries in which nobody signs in.</summary>
public sealed class AnonymousAccessTests
{
    public static TheoryData<string, string> Writes => new()
    {
        { "POST", "app/blobs/uploads/" },
        { "POST", "app/blobs/uploads/?mount=" + Images.Unknown + "&from=other" },
        { "GET", "app/blobs/uploads/01234567890123456789012345" },
        { "PATCH", "app/blobs/uploads/01234567890123456789012345" },
        { "PUT", "app/blobs/uploads/01234567890123456789012345" },
        { "DELETE", "app/blobs/uploads/01234567890123456789012345" },
        { "PUT", "app/manifests/v1" },
        { "DELETE", "app/manifests/v1" },
        { "DELETE", "app/manifests/" + Images.Unknown },
        { "DELETE", "app/blobs/" + Images.Unknown },
    };

    [Theory]
    [Trait("Protocol", "V1")]
    [InlineData("v2/")]
    [InlineData("v2/_catalog")]
    [InlineData("v2/app/manifests/v1")]
    [InlineData("v2/app/tags/list")]
    [InlineData("v2/app/referrers/" + Images.Unknown)]
    public async Task With_anonymous_pull_everybody_reads(string path)
    {
        await using RegistryHost host = await StartReadOnlyAsync();

        await host.Client.FetchAsync("/" + path).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Theory]
    [Trait("Protocol", "12")]
    [Trait("Protocol", "K8")]
    [MemberData(nameof(Writes))]
    public async Task With_anonymous_pull_alone_nobody_writes_and_nobody_is_asked_to_sign_in(string method, string path)
    {
        await using RegistryHost host = await StartReadOnlyAsync();

        HttpResponseMessage response = await host.Client.AskAsync(method, "/v2/" + path).ShouldBeAsync(HttpStatusCode.Forbidden);

        Assert.Equal("DENIED", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.Empty(response.HeaderLines("WWW-Authenticate"));
    }

    [Fact]
    [Trait("Protocol", "V1")]
    public async Task With_anonymous_pull_alone_the_version_check_asks_nobody_to_sign_in()
    {
        await using RegistryHost host = await StartReadOnlyAsync();

        HttpResponseMessage response = await host.Client.FetchAsync("/v2/", BasicScheme.Credentials("any", "body")).ShouldBeAsync(HttpStatusCode.OK);

        Assert.Empty(response.HeaderLines("WWW-Authenticate"));
    }

    [Fact]
    [Trait("Protocol", "V1")]
    public async Task With_anonymous_access_everybody_does_everything()
    {
        await using RegistryHost host = await RegistryHost.StartAsync();

        PushedImage image = await host.Client.PushImageAsync("app", "v1");
        await host.Client.AskAsync("DELETE", $"/v2/app/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);
        HttpResponseMessage check = await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(JsonValueKind.Object, (await check.JsonAsync()).ValueKind);
        Assert.Empty(check.HeaderLines("WWW-Authenticate"));
    }

    [Theory]
    [InlineData("/v2/")]
    [InlineData("/v2/app/manifests/v1")]
    [InlineData("/v2/app/manifests/none")]
    [InlineData("/v2/app/tags/list")]
    public async Task No_answer_sets_a_cookie(string path)
    {
        await using RegistryHost host = await StartReadOnlyAsync();

        Assert.Empty((await host.Client.FetchAsync(path)).HeaderLines("Set-Cookie"));
        Assert.Empty((await host.Client.AskAsync("PUT", path)).HeaderLines("Set-Cookie"));
    }

    // The content is pushed through a second registry over the same store.
    private static async Task<RegistryHost> StartReadOnlyAsync()
    {
        var store = new FaultyStore();
        await using RegistryHost writable = await RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry().AddStorage(_ => store).AllowAnonymous(), static app => app.MapDockerRegistry());
        await writable.Client.PushImageAsync("app", "v1");
        return await RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry().AddStorage(_ => store).AllowAnonymousPull(), static app => app.MapDockerRegistry());
    }
}
