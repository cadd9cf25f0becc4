using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Routing;

public abstract class PathParsingTests(RegistryFixture registry)
{
    [Theory]
    [Trait("Protocol", "N1")]
    [InlineData("blobs")]
    [InlineData("manifests")]
    [InlineData("uploads")]
    [InlineData("tags")]
    [InlineData("list")]
    [InlineData("referrers")]
    [InlineData("v2")]
    [InlineData("v2/v2")]
    [InlineData("tags/list")]
    [InlineData("blobs/uploads")]
    [InlineData("a/blobs/uploads")]
    [InlineData("x/blobs/uploads")]
    [InlineData("a/manifests")]
    [InlineData("a/tags")]
    [InlineData("a/referrers")]
    [InlineData("a/blobs")]
    [InlineData("manifests/manifests")]
    [InlineData("blobs/uploads/blobs/uploads")]
    [InlineData("a/tags/list/tags/list")]
    public async Task A_repository_may_be_named_as_the_protocol_names_things(string name)
    {
        RegistryClient client = registry.Client;
        TestBlob blob = await client.PushAsync(name, TestBlob.Random(100));
        string location = await client.StartUploadAsync(name);
        Assert.StartsWith($"/v2/{name}/blobs/uploads/", location, StringComparison.Ordinal);
        (await client.PatchAsync(location, blob.Content)).Expect(202);
        Assert.Equal("0-99", await client.ReceivedAsync(location));
        (await client.DeleteAsync(location)).Expect(204);
        await client.AssertHasAsync(name, blob);
        TestBlob manifest = MinimalImage.Of(blob);
        foreach (string tag in new[] { "tags", "list", "blobs", "uploads", "manifests", "v1" })
        {
            await client.PushImageAsync(name, tag, manifest);
            Assert.Equal(manifest.Content, (await client.GetAsync($"/v2/{name}/manifests/{tag}")).Expect(200).Body);
        }

        Assert.Equal(manifest.Content, (await client.GetAsync($"/v2/{name}/manifests/{manifest.Sha256}")).Expect(200).Body);
        TestBlob referrer = await client.PushImageAsync(name, "referrer", MinimalImage.Of(blob, manifest.Sha256));
        Assert.Contains(referrer.Sha256, (await client.GetAsync($"/v2/{name}/referrers/{manifest.Sha256}")).Expect(200).Text, StringComparison.Ordinal);
        Assert.Equal(
            $$"""{"name":"{{name}}","tags":["blobs","list","manifests","referrer","tags","uploads","v1"]}""",
            (await client.GetAsync($"/v2/{name}/tags/list")).Expect(200).Text);
        (await client.DeleteAsync($"/v2/{name}/manifests/list")).Expect(202);
        (await client.DeleteAsync($"/v2/{name}/manifests/{manifest.Sha256}")).Expect(202);
        (await client.GetAsync($"/v2/{name}/manifests/v1")).Expect(404);
    }

    [Fact]
    [Trait("Protocol", "N1")]
    public async Task Repositories_whose_names_begin_alike_have_nothing_in_common()
    {
        string name = RegistryFixture.NewRepository();
        TestBlob blob = TestBlob.Random(10);
        await registry.Client.PushImageAsync(name, "v1", MinimalImage.Of(await registry.Client.PushAsync(name, blob)));

        foreach (string other in new[] { $"{name}/a", $"{name}-a", $"{name}/manifests", $"{name}/blobs/uploads", $"{name}0", name[..^1], "tests" })
        {
            await registry.Client.AssertHasNotAsync(other, blob.Sha256);
            (await registry.Client.GetAsync($"/v2/{other}/manifests/v1")).Expect(404);
            (await registry.Client.GetAsync($"/v2/{other}/manifests/{MinimalImage.Of(blob).Sha256}")).Expect(404);
            (await registry.Client.GetAsync($"/v2/{other}/tags/list")).Expect(404, "NAME_UNKNOWN");
        }
    }

    [Theory]
    [InlineData("/v2/_oci/ext/discover")]
    [InlineData("/v2/_docker/x")]
    [InlineData("/v2/_chainguard")]
    [InlineData("/v2/_")]
    [InlineData("/v2/_catalog/x")]
    [InlineData("/v2/a/_oci/ext/discover")]
    [InlineData("/v2/a/_trust/tuf/root.json")]
    [InlineData("/v2/a/b/_x")]
    [InlineData("/v2/a")]
    [InlineData("/v2/a/b/c/d")]
    [InlineData("/v2/a/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("/v2/a/tags")]
    [InlineData("/v2/a/list")]
    [InlineData("/v2/a/Manifests/v1")]
    [InlineData("/v2/a/TAGS/LIST")]
    public async Task An_extension_that_is_not_known_is_not_found(string path)
    {
        foreach (string method in new[] { "GET", "POST", "PUT", "DELETE" })
        {
            Answer answer = await registry.Client.SendAsync(method, path);

            Assert.NotNull(answer.Expect(404).ErrorCode);
        }
    }

    [Theory]
    [InlineData("{repository}/manifests/{name}/x")]
    [InlineData("{repository}/blobs/{name}/x")]
    [InlineData("{repository}/blobs/uploads/{session}/x")]
    [InlineData("{repository}/blobs/uploads/{session}/")]
    public async Task An_argument_holds_no_slash(string path)
    {
        string repository = RegistryFixture.NewRepository();
        string session = (await registry.Client.StartUploadAsync(repository)).Split('/')[^1];
        path = path.Replace("{repository}", repository, StringComparison.Ordinal).Replace("{session}", session, StringComparison.Ordinal).Replace("{name}", "v1", StringComparison.Ordinal);

        (await registry.Client.GetAsync($"/v2/{path}")).Expect(404);
        Assert.Equal("0-0", await registry.Client.ReceivedAsync($"/v2/{repository}/blobs/uploads/{session}"));
    }
}

public sealed class PathParsingInMemoryTests(InMemoryRegistry registry) : PathParsingTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class PathParsingOnDiskTests(FileSystemRegistry registry) : PathParsingTests(registry), IClassFixture<FileSystemRegistry>;
