using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class AddressTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    [Theory]
    [Trait("Protocol", "X12")]
    [InlineData("X-Forwarded-Proto: https", "X-Forwarded-Host: outside.test")]
    [InlineData("Forwarded: proto=https;host=outside.test", "X-Nothing: 1")]
    [InlineData("X-Original-URL: /elsewhere", "X-Forwarded-Prefix: /elsewhere")]
    public async Task Addresses_are_absolute_in_their_path_alone(params string[] headers)
    {
        string repository = RegistryFixture.NewRepository();
        TestBlob blob = TestBlob.Of("{}");
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);

        string session = (await AskAsync($"POST /v2/{repository}/blobs/uploads/", null, 202)).Location;
        Assert.StartsWith($"/v2/{repository}/blobs/uploads/", session, StringComparison.Ordinal);
        Assert.Equal(session, (await AskAsync($"PATCH {session}", blob, 202)).Location);
        Assert.Equal(session, (await AskAsync($"GET {session}", null, 204)).Location);
        Assert.Equal($"/v2/{repository}/blobs/{blob.Sha256}", (await AskAsync($"PUT {session}?digest={blob.Sha256}", null, 201)).Location);
        foreach (string tag in new[] { "a", "b" })
        {
            Assert.StartsWith($"/v2/{repository}/manifests/", (await AskAsync($"PUT /v2/{repository}/manifests/{tag}", MinimalImage.Of(blob), 201)).Location, StringComparison.Ordinal);
        }

        Assert.StartsWith($"</v2/{repository}/tags/list?", (await AskAsync($"GET /v2/{repository}/tags/list?n=1", null, 200))["Link"], StringComparison.Ordinal);

        async Task<Answer> AskAsync(string target, TestBlob? body, int status)
        {
            await connection.SendHeadAsync(target, [.. headers, $"Content-Length: {body?.Length ?? 0}", $"Content-Type: {MinimalImage.MediaType}"]);
            await connection.SendAsync(body?.Content ?? []);
            return (await connection.ReadAsync()).Expect(status);
        }
    }

    [Theory]
    [Trait("Protocol", "X12")]
    [InlineData("/v2", "/v2/")]
    [InlineData("/v2/", "/v2/")]
    [InlineData("/registry/v2", "/registry/v2/")]
    [InlineData("/{tenant}/v2", "/acme/v2/")]
    public async Task Addresses_begin_with_the_prefix_that_the_registry_has(string prefix, string path)
    {
        RegistryHost host = await RegistryHost.StartAsync(
            static builder => builder.Services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous(),
            app => app.MapDockerRegistry(prefix));
        await using (host)
        {
            var client = new RegistryClient(host.Client);
            TestBlob blob = TestBlob.Random(10);

            (await client.GetAsync(path)).Expect(200);
            (await client.GetAsync(path.TrimEnd('/'))).Expect(200);
            string location = (await client.PostAsync($"{path}a/b/blobs/uploads/")).Expect(202).Location;
            Assert.StartsWith($"{path}a/b/blobs/uploads/", location, StringComparison.Ordinal);
            Assert.Equal($"{path}a/b/blobs/{blob.Sha256}", (await client.FinishAsync(location, blob.Sha256, blob.Content)).Expect(201).Location);
            (await client.GetAsync($"{path}a/b/blobs/{blob.Sha256}")).Expect(200);
            (await client.GetAsync($"/elsewhere{path}")).Expect(404);
        }
    }

    [Fact]
    [Trait("Protocol", "X12")]
    public async Task Addresses_begin_with_the_base_that_the_host_has()
    {
        RegistryHost host = await RegistryHost.StartAsync(
            static builder =>
            {
                builder.Services.Configure<ForwardedHeadersOptions>(static options => options.ForwardedHeaders = ForwardedHeaders.All);
                builder.Services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous();
            },
            static app =>
            {
                app.UseForwardedHeaders();
                app.UsePathBase("/base");
                app.UseRouting();
                app.MapDockerRegistry();
            });
        await using (host)
        {
            using RawHttp connection = await RawHttp.ConnectAsync(host);

            Answer answer = await connection.ExchangeAsync(
                "POST /base/v2/a/blobs/uploads/", "Content-Length: 0", "X-Forwarded-Proto: https", "X-Forwarded-Host: outside.test", "X-Forwarded-For: 192.0.2.1");

            Assert.StartsWith("/base/v2/a/blobs/uploads/", answer.Expect(202).Location, StringComparison.Ordinal);
            (await connection.ExchangeAsync($"GET {answer.Location}")).Expect(204);
        }
    }
}
