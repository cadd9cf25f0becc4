using System.Net;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Delete;

public sealed class BlobDeleteTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    [Fact]
    [Trait("Protocol", "E6")]
    [Trait("Protocol", "E10")]
    public async Task A_deleted_blob_is_gone_at_once()
    {
        string digest = await _client.PushBlobAsync(_repository, Images.Bytes("to be deleted"));

        HttpResponseMessage deleted = await DeleteAsync(digest).ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Equal("0", deleted.Header("Content-Length"));
        Assert.Equal(digest, deleted.Header("Docker-Content-Digest"));
        await _client.AskAsync("HEAD", Blob(digest)).ShouldBeAsync(HttpStatusCode.NotFound);
        await _client.FetchAsync(Blob(digest)).ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        await DeleteAsync(digest).ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
    }

    [Theory]
    [Trait("Protocol", "E6")]
    [InlineData(Images.Unknown)]
    [InlineData("blake3:abcdef")]
    public async Task A_blob_that_is_not_there_cannot_be_deleted(string digest) => await DeleteAsync(digest).ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");

    [Fact]
    [Trait("Protocol", "E6")]
    public async Task A_malformed_digest_cannot_be_deleted() => await DeleteAsync("sha256:abc").ShouldFailAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID");

    [Fact]
    [Trait("Protocol", "E6")]
    public async Task A_blob_of_another_repository_cannot_be_deleted()
    {
        string other = registry.NewRepository();
        string digest = await _client.PushBlobAsync(other, Images.Bytes("mine"));

        await DeleteAsync(digest).ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");

        await _client.FetchAsync($"/v2/{other}/blobs/{digest}").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "E6")]
    [Trait("Protocol", "E4")]
    public async Task A_host_can_forbid_deleting_blobs()
    {
        await using RegistryHost host = await RegistryHost.StartAsync(static options => options.AllowBlobDelete = false);
        string digest = await host.Client.PushBlobAsync("app", Images.Bytes("stays"));

        foreach (string asked in (string[])[digest, Images.Unknown])
        {
            HttpResponseMessage refused = await host.Client.AskAsync("DELETE", $"/v2/app/blobs/{asked}").ShouldBeAsync(HttpStatusCode.MethodNotAllowed);
            Assert.Equal("UNSUPPORTED", (await refused.ErrorsAsync())[0].GetProperty("code").GetString());
            Assert.Equal("GET, HEAD", refused.Header("Allow"));
        }

        await host.Client.FetchAsync($"/v2/app/blobs/{digest}").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    [Trait("Protocol", "E7")]
    public async Task A_blob_that_a_manifest_names_stays_until_the_manifest_is_deleted()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        foreach (string digest in (string[])[image.Config, image.Layer])
        {
            JsonElement error = await DeleteAsync(digest).ShouldFailAsync(HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
            Assert.Equal(digest, error.GetProperty("detail").GetString());
            Assert.Contains(image.Digest, error.GetProperty("message").GetString(), StringComparison.Ordinal);
            await _client.FetchAsync(Blob(digest)).ShouldBeAsync(HttpStatusCode.OK);
        }

        await _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);

        await DeleteAsync(image.Layer).ShouldBeAsync(HttpStatusCode.Accepted);
        await _client.FetchAsync(Blob(image.Layer)).ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "E7")]
    public async Task A_repository_that_mounted_a_blob_keeps_it()
    {
        string other = registry.NewRepository();
        byte[] content = Images.Bytes("shared");
        string digest = await _client.PushBlobAsync(_repository, content);
        await _client.AskAsync("POST", $"/v2/{other}/blobs/uploads/?mount={digest}&from={_repository}").ShouldBeAsync(HttpStatusCode.Created);

        await DeleteAsync(digest).ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Equal(content, await (await _client.FetchAsync($"/v2/{other}/blobs/{digest}").ShouldBeAsync(HttpStatusCode.OK)).BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "E9")]
    public async Task A_deleted_blob_can_be_pushed_again()
    {
        for (int i = 0; i < 3; i++)
        {
            string digest = await _client.PushBlobAsync(_repository, Images.Bytes("back again"));
            await _client.FetchAsync(Blob(digest)).ShouldBeAsync(HttpStatusCode.OK);
            await DeleteAsync(digest).ShouldBeAsync(HttpStatusCode.Accepted);
            await _client.AskAsync("HEAD", Blob(digest)).ShouldBeAsync(HttpStatusCode.NotFound);
        }
    }

    private string Blob(string digest) => $"/v2/{_repository}/blobs/{digest}";

    private Task<HttpResponseMessage> DeleteAsync(string digest) => _client.AskAsync("DELETE", Blob(digest));
}
