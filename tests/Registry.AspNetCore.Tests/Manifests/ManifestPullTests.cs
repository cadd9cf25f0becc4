using System.Globalization;
using System.Net;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Manifests;

public sealed class ManifestPullTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    public static TheoryData<string> MediaTypes => [Images.Oci, Images.OciIndex, Images.Docker, Images.DockerList];

    [Theory]
    [Trait("Protocol", "M1")]
    [Trait("Protocol", "8.1")]
    [MemberData(nameof(MediaTypes))]
    public async Task A_manifest_is_served_byte_for_byte_as_the_type_it_was_pushed_with(string mediaType)
    {
        byte[] manifest = await MakeAsync(mediaType);
        string digest = await _client.PushManifestAsync(_repository, "v1", manifest, mediaType);

        foreach (string reference in (string[])["v1", digest])
        {
            HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/{reference}").ShouldBeAsync(HttpStatusCode.OK);

            Assert.Equal(manifest, await response.BytesAsync());
            Assert.Equal(mediaType, response.Header("Content-Type"));
            Assert.Equal(Images.Sha256(manifest), response.Header("Docker-Content-Digest"));
            Assert.Equal($"\"{digest}\"", response.Header("ETag"));
            Assert.Equal(manifest.Length.ToString(CultureInfo.InvariantCulture), response.Header("Content-Length"));
        }
    }

    [Theory]
    [Trait("Protocol", "M2")]
    [Trait("Protocol", "X2")]
    [MemberData(nameof(MediaTypes))]
    public async Task Head_answers_as_get_does_without_the_body(string mediaType)
    {
        byte[] manifest = await MakeAsync(mediaType);
        string digest = await _client.PushManifestAsync(_repository, "v1", manifest, mediaType);

        foreach (string reference in (string[])["v1", digest])
        {
            HttpResponseMessage get = await _client.FetchAsync($"/v2/{_repository}/manifests/{reference}").ShouldBeAsync(HttpStatusCode.OK);
            HttpResponseMessage head = await _client.AskAsync("HEAD", $"/v2/{_repository}/manifests/{reference}").ShouldBeAsync(HttpStatusCode.OK);

            Assert.Empty(await head.BytesAsync());
            Assert.All(
                (string[])["Content-Type", "Content-Length", "Docker-Content-Digest", "ETag"],
                name => Assert.Equal(get.Header(name), head.Header(name)));
        }
    }

    [Theory]
    [Trait("Protocol", "M3")]
    [InlineData("missing")]
    [InlineData(Images.Unknown)]
    [InlineData("sha512:00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    public async Task What_a_repository_does_not_have_is_unknown(string reference)
    {
        await _client.PushImageAsync(_repository, "v1");

        JsonElement error = await _client.FetchAsync($"/v2/{_repository}/manifests/{reference}").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        HttpResponseMessage head = await _client.AskAsync("HEAD", $"/v2/{_repository}/manifests/{reference}").ShouldBeAsync(HttpStatusCode.NotFound);

        Assert.Equal(reference, error.GetProperty("detail").GetString());
        Assert.Empty(await head.BytesAsync());
    }

    [Theory]
    [Trait("Protocol", "M4")]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task Nothing_is_known_of_an_unknown_repository(string method)
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");

        await _client.AskAsync(method, $"/v2/{_repository}/nested/manifests/v1").ShouldBeAsync(HttpStatusCode.NotFound);
        await _client.AskAsync(method, $"/v2/{_repository}/nested/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.NotFound);
        await _client.AskAsync(method, $"/v2/{_repository[..^1]}x/manifests/{image.Digest}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "M5")]
    public async Task A_blob_is_no_manifest()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");

        await _client.FetchAsync($"/v2/{_repository}/manifests/{image.Config}").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await _client.FetchAsync($"/v2/{_repository}/manifests/{image.Layer}").ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact]
    [Trait("Protocol", "M6")]
    public async Task A_manifest_is_no_blob_not_even_when_an_index_names_it()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        await _client.PushManifestAsync(_repository, "all", Images.Index(image.Descriptor()), Images.OciIndex);

        await _client.FetchAsync($"/v2/{_repository}/blobs/{image.Digest}").ShouldFailAsync(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        await _client.AskAsync("HEAD", $"/v2/{_repository}/blobs/{image.Digest}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "M7")]
    public async Task A_manifest_that_was_pushed_by_sha512_is_known_by_sha512()
    {
        await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Artifact();
        string digest = Images.Sha512(manifest);
        await _client.PushManifestAsync(_repository, digest, manifest);

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/{digest}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(digest, response.Header("Docker-Content-Digest"));
        Assert.Equal(manifest, await response.BytesAsync());
        HttpResponseMessage head = await _client.AskAsync("HEAD", $"/v2/{_repository}/manifests/{digest}").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(digest, head.Header("Docker-Content-Digest"));
    }

    [Theory]
    [Trait("Protocol", "M8")]
    [InlineData("\"{0}\"", true)]
    [InlineData("{0}", true)]
    [InlineData("W/\"{0}\"", true)]
    [InlineData("*", true)]
    [InlineData("\"other\", \"{0}\"", true)]
    [InlineData("\"other\",\"{0}\"", true)]
    [InlineData("\"other\"", false)]
    [InlineData("\"" + Images.Unknown + "\"", false)]
    [InlineData("", false)]
    public async Task A_client_that_has_the_manifest_is_told_so(string condition, bool notModified)
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        condition = string.Format(CultureInfo.InvariantCulture, condition, image.Digest);

        foreach (string method in (string[])["GET", "HEAD"])
        {
            foreach (string reference in (string[])["v1", image.Digest])
            {
                HttpResponseMessage response = await _client.AskAsync(method, $"/v2/{_repository}/manifests/{reference}", null, ("If-None-Match", condition))
                    .ShouldBeAsync(notModified ? HttpStatusCode.NotModified : HttpStatusCode.OK);
                Assert.Equal($"\"{image.Digest}\"", response.Header("ETag"));
                Assert.Equal(image.Digest, response.Header("Docker-Content-Digest"));
                Assert.Equal(notModified || method == "HEAD" ? [] : image.Manifest, await response.BytesAsync());
            }
        }
    }

    [Fact]
    [Trait("Protocol", "M8")]
    public async Task A_tag_that_moved_is_modified()
    {
        PushedImage before = await _client.PushImageAsync(_repository, "v1", "before");
        PushedImage after = await _client.PushImageAsync(_repository, "v1", "after");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/v1", ("If-None-Match", $"\"{before.Digest}\"")).ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(after.Manifest, await response.BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "M9")]
    public async Task A_range_of_a_manifest_is_ignored()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/v1", ("Range", "bytes=0-9")).ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(image.Manifest, await response.BytesAsync());
        Assert.Null(response.Header("Content-Range"));
    }

    [Fact]
    [Trait("Protocol", "M10")]
    public async Task An_old_manifest_can_be_pulled_by_digest_after_its_tag_moved()
    {
        PushedImage before = await _client.PushImageAsync(_repository, "latest", "before");
        await _client.PushImageAsync(_repository, "latest", "after");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/{before.Digest}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(before.Manifest, await response.BytesAsync());
    }

    [Theory]
    [Trait("Protocol", "A1")]
    [Trait("Protocol", "A2")]
    [Trait("Protocol", "A3")]
    [Trait("Protocol", "A4")]
    [Trait("Protocol", "A5")]
    [Trait("Protocol", "A6")]
    [Trait("Protocol", "A7")]
    [Trait("Protocol", "A8")]
    [InlineData]
    [InlineData("*/*")]
    [InlineData("application/*")]
    [InlineData("text/html")]
    [InlineData("application/json", "*/*;q=0.5")]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [InlineData("application/vnd.docker.distribution.manifest.v2+json")]
    [InlineData("application/vnd.oci.image.index.v1+json")]
    [InlineData("application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.manifest.v1+json")]
    [InlineData("application/vnd.oci.image.manifest.v1+json; q=0, APPLICATION/VND.OCI.IMAGE.INDEX.V1+JSON;q=1.0")]
    public async Task What_was_pushed_is_served_whatever_the_client_accepts(params string[] accept)
    {
        (string Name, string Value)[] headers = [.. accept.Select(static value => ("Accept", value))];
        PushedImage child = await _client.PushImageAsync(_repository);
        foreach (string mediaType in (string[])[Images.Oci, Images.OciIndex, Images.Docker, Images.DockerList])
        {
            byte[] manifest = mediaType is Images.OciIndex or Images.DockerList
                ? Images.Index(child.Descriptor(""","platform":{"os":"linux","architecture":"amd64"}"""), mediaType: mediaType)
                : await MakeAsync(mediaType);
            string digest = await _client.PushManifestAsync(_repository, "v1", manifest, mediaType);

            foreach (string reference in (string[])["v1", digest])
            {
                HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/{reference}", headers).ShouldBeAsync(HttpStatusCode.OK);
                Assert.Equal(mediaType, response.Header("Content-Type"));
                Assert.Equal(manifest, await response.BytesAsync());
                Assert.Null(response.Header("Vary"));
            }
        }
    }

    private async Task<byte[]> MakeAsync(string mediaType)
    {
        if (mediaType is Images.OciIndex or Images.DockerList)
        {
            PushedImage child = await _client.PushImageAsync(_repository);
            return Images.Index(child.Descriptor(), mediaType: mediaType);
        }

        string config = await _client.PushEmptyConfigAsync(_repository);
        return Images.Image(Images.Descriptor(config, 2, "application/vnd.docker.container.image.v1+json"), "", mediaType: mediaType);
    }
}
