using System.Net;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Manifests;

public sealed class TagParameterTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    [Theory]
    [Trait("Protocol", "W12")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_push_by_digest_can_point_tags_at_the_manifest(string algorithm)
    {
        byte[] manifest = Images.Index("");
        string digest = algorithm == "sha256" ? Images.Sha256(manifest) : Images.Sha512(manifest);

        HttpResponseMessage response = await _client.PutManifestAsync(_repository, $"{digest}?tag=a&tag=b&tag=a", manifest, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);

        Assert.Equal(["a", "b"], response.HeaderLines("OCI-Tag").SelectMany(static line => line.Split(", ")).Order(StringComparer.Ordinal));
        foreach (string tag in (string[])["a", "b"])
        {
            HttpResponseMessage pulled = await _client.FetchAsync($"/v2/{_repository}/manifests/{tag}").ShouldBeAsync(HttpStatusCode.OK);
            Assert.Equal(digest, pulled.Header("Docker-Content-Digest"));
            Assert.Equal(manifest, await pulled.BytesAsync());
        }
    }

    [Theory]
    [Trait("Protocol", "W12")]
    [InlineData(10, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task A_push_takes_a_hundred_tags(int count, bool accepted)
    {
        byte[] manifest = Images.Index("");
        string query = string.Join('&', Enumerable.Range(0, count).Select(static i => $"tag=v{i}"));

        HttpResponseMessage response = await _client.PutManifestAsync(_repository, $"{Images.Sha256(manifest)}?{query}", manifest, Images.OciIndex)
            .ShouldBeAsync(accepted ? HttpStatusCode.Created : HttpStatusCode.RequestUriTooLong);

        if (accepted)
        {
            Assert.Equal(count, response.HeaderLines("OCI-Tag").SelectMany(static line => line.Split(',')).Count());
            string tags = await (await _client.FetchAsync($"/v2/{_repository}/tags/list")).TextAsync();
            Assert.All(Enumerable.Range(0, count), i => Assert.Contains($"\"v{i}\"", tags, StringComparison.Ordinal));
        }
        else
        {
            Assert.NotEmpty(await response.ErrorsAsync());
            await _client.FetchAsync($"/v2/{_repository}/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);
        }
    }

    [Theory]
    [Trait("Protocol", "W12")]
    [InlineData("tag=good&tag=.bad")]
    [InlineData("tag=good&tag=")]
    [InlineData("tag=good&tag=a%20b")]
    [InlineData("tag=good&tag=a,b")]
    [InlineData("tag=good&tag=sha256:abc")]
    public async Task One_invalid_tag_refuses_the_push_and_moves_none(string query)
    {
        byte[] manifest = Images.Index("");

        await _client.PutManifestAsync(_repository, $"{Images.Sha256(manifest)}?{query}", manifest, Images.OciIndex).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");

        await _client.FetchAsync($"/v2/{_repository}/manifests/good").ShouldBeAsync(HttpStatusCode.NotFound);
        await _client.FetchAsync($"/v2/{_repository}/manifests/{Images.Sha256(manifest)}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "W12")]
    public async Task A_refused_manifest_moves_no_tag()
    {
        byte[] manifest = Images.Artifact();

        await _client.PutManifestAsync(_repository, $"{Images.Sha256(manifest)}?tag=a", manifest).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");

        await _client.FetchAsync($"/v2/{_repository}/manifests/a").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "W12")]
    public async Task The_tags_parameter_means_nothing_on_a_push_by_tag()
    {
        HttpResponseMessage response = await _client.PutManifestAsync(_repository, "v1?tag=v2", Images.Index(""), Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);

        Assert.Null(response.Header("OCI-Tag"));
        await _client.FetchAsync($"/v2/{_repository}/manifests/v2").ShouldBeAsync(HttpStatusCode.NotFound);
    }
}
