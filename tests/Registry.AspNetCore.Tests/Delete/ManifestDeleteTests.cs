using System.Net;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Delete;

public sealed class ManifestDeleteTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    [Fact]
    [Trait("Protocol", "E1")]
    [Trait("Protocol", "E10")]
    public async Task A_deleted_manifest_is_gone_with_every_tag_that_pointed_at_it()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        await _client.PushImageAsync(_repository, "v2");
        PushedImage other = await _client.PushImageAsync(_repository, "other", "other");
        await _client.PushImageAsync(_repository, "moved");
        await _client.PushImageAsync(_repository, "moved", "other");

        HttpResponseMessage deleted = await DeleteAsync(image.Digest).ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Equal("0", deleted.Header("Content-Length"));
        Assert.Empty(await deleted.BytesAsync());
        foreach (string reference in (string[])[image.Digest, "v1", "v2"])
        {
            await _client.AskAsync("HEAD", Manifest(reference)).ShouldBeAsync(HttpStatusCode.NotFound);
            await _client.FetchAsync(Manifest(reference)).ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        }

        Assert.Equal($$"""{"name":"{{_repository}}","tags":["moved","other"]}""", await (await _client.FetchAsync($"/v2/{_repository}/tags/list")).TextAsync());
        Assert.Equal(other.Manifest, await (await _client.FetchAsync(Manifest("moved"))).BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "E2")]
    public async Task What_is_not_there_cannot_be_deleted()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        await DeleteAsync(image.Digest).ShouldBeAsync(HttpStatusCode.Accepted);

        await DeleteAsync(image.Digest).ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await DeleteAsync(Images.Unknown).ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await DeleteAsync(image.Config).ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await DeleteAsync("blake3:abcdef").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await _client.AskAsync("DELETE", $"/v2/{_repository}/nested/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "E2")]
    public async Task A_malformed_digest_cannot_be_deleted() => await DeleteAsync("sha256:abc").ShouldFailAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID");

    [Fact]
    [Trait("Protocol", "E3")]
    public async Task A_deleted_tag_leaves_the_manifest_and_its_other_tags()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        await _client.PushImageAsync(_repository, "v2");

        HttpResponseMessage deleted = await DeleteAsync("v1").ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Equal("0", deleted.Header("Content-Length"));
        await _client.FetchAsync(Manifest("v1")).ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await _client.FetchAsync(Manifest("v2")).ShouldBeAsync(HttpStatusCode.OK);
        await _client.FetchAsync(Manifest(image.Digest)).ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal($$"""{"name":"{{_repository}}","tags":["v2"]}""", await (await _client.FetchAsync($"/v2/{_repository}/tags/list")).TextAsync());
    }

    [Theory]
    [Trait("Protocol", "E5")]
    [InlineData("missing")]
    [InlineData("V1")]
    [InlineData(".invalid")]
    public async Task A_tag_that_is_not_there_cannot_be_deleted(string tag)
    {
        await _client.PushImageAsync(_repository, "v1");

        await DeleteAsync(tag).ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await _client.FetchAsync(Manifest("v1")).ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "E5")]
    public async Task A_tag_can_be_deleted_once()
    {
        await _client.PushImageAsync(_repository, "v1");

        await DeleteAsync("v1").ShouldBeAsync(HttpStatusCode.Accepted);
        await DeleteAsync("v1").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Theory]
    [Trait("Protocol", "E4")]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_host_can_forbid_deleting_tags_and_manifests_each_by_itself(bool tags, bool manifests)
    {
        await using RegistryHost host = await RegistryHost.StartAsync(options =>
        {
            options.AllowTagDelete = tags;
            options.AllowManifestDelete = manifests;
        });
        PushedImage image = await host.Client.PushImageAsync("app", "v1");
        string[] forbidden = tags ? [image.Digest, Images.Unknown] : ["v1", "missing"];

        foreach (string reference in forbidden)
        {
            HttpResponseMessage refused = await host.Client.AskAsync("DELETE", $"/v2/app/manifests/{reference}").ShouldBeAsync(HttpStatusCode.MethodNotAllowed);
            Assert.Equal("UNSUPPORTED", (await refused.ErrorsAsync())[0].GetProperty("code").GetString());
            Assert.Equal("GET, HEAD, PUT", refused.Header("Allow"));
        }

        await host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.AskAsync("DELETE", $"/v2/app/manifests/{(tags ? "v1" : image.Digest)}").ShouldBeAsync(HttpStatusCode.Accepted);
    }

    [Fact]
    [Trait("Protocol", "E8")]
    public async Task A_child_of_an_index_can_be_deleted_and_the_index_stays()
    {
        PushedImage child = await _client.PushImageAsync(_repository);
        byte[] index = Images.Index(child.Descriptor());
        await _client.PushManifestAsync(_repository, "all", index, Images.OciIndex);

        await DeleteAsync(child.Digest).ShouldBeAsync(HttpStatusCode.Accepted);

        await _client.FetchAsync(Manifest(child.Digest)).ShouldBeAsync(HttpStatusCode.NotFound);
        Assert.Equal(index, await (await _client.FetchAsync(Manifest("all"))).BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "E9")]
    public async Task What_was_deleted_can_be_pushed_again()
    {
        for (int i = 0; i < 3; i++)
        {
            PushedImage image = await _client.PushImageAsync(_repository, "v1");
            Assert.Equal(image.Manifest, await (await _client.FetchAsync(Manifest("v1")).ShouldBeAsync(HttpStatusCode.OK)).BytesAsync());
            await DeleteAsync(i == 1 ? "v1" : image.Digest).ShouldBeAsync(HttpStatusCode.Accepted);
            await _client.FetchAsync(Manifest("v1")).ShouldBeAsync(HttpStatusCode.NotFound);
        }

        PushedImage again = await _client.PushImageAsync(_repository, "v1");
        await _client.FetchAsync(Manifest(again.Digest)).ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal($$"""{"name":"{{_repository}}","tags":["v1"]}""", await (await _client.FetchAsync($"/v2/{_repository}/tags/list")).TextAsync());
    }

    [Fact]
    [Trait("Protocol", "E9")]
    public async Task A_manifest_can_be_pushed_again_from_the_blobs_that_stayed()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        await DeleteAsync(image.Digest).ShouldBeAsync(HttpStatusCode.Accepted);

        await _client.PushManifestAsync(_repository, "v1", image.Manifest);

        await _client.FetchAsync($"/v2/{_repository}/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "E7")]
    public async Task The_same_manifest_in_another_repository_is_another_one()
    {
        string other = registry.NewRepository();
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        await _client.PushImageAsync(other, "v1");

        await DeleteAsync(image.Digest).ShouldBeAsync(HttpStatusCode.Accepted);

        await _client.FetchAsync($"/v2/{other}/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await _client.FetchAsync($"/v2/{other}/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK);
    }

    private string Manifest(string reference) => $"/v2/{_repository}/manifests/{reference}";

    private Task<HttpResponseMessage> DeleteAsync(string reference) => _client.AskAsync("DELETE", Manifest(reference));
}
