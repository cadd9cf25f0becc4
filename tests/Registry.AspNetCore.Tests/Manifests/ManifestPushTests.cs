using System.Net;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Manifests;

public sealed class ManifestPushTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private const int MiB = 1024 * 1024;

    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    /// <summary>Documents that any reader that writes them anew would change.</summary>
    public static TheoryData<string> Spellings => new(
        "{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[]}\n",
        "{\r\n\t\"layers\" : [ ],\r\n\t\"config\":CONFIG  ,\r\n\"schemaVersion\":2}\r\n\r\n",
        "   {\"unknown\":{\"b\":1,\"a\":[1.50,1e3,null]},\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[]}   ",
        "{\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"annotations\":{\"a\":\"\\u0041\\/\\u00e9\",\"é\":\"ü😀\",\"\":\"empty key\"}}",
        "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"schemaVersion\":2,\"config\":CONFIG,\"layers\":[],\"subject\":null,\"annotations\":null}");

    [Theory]
    [Trait("Protocol", "W1")]
    [InlineData("v1")]
    [InlineData(null)]
    public async Task A_pushed_manifest_has_a_location_by_digest_that_can_be_pulled(string? tag)
    {
        await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Artifact();
        string digest = Images.Sha256(manifest);

        HttpResponseMessage response = await _client.PutManifestAsync(_repository, tag ?? digest, manifest).ShouldBeAsync(HttpStatusCode.Created);

        Assert.Equal($"/v2/{_repository}/manifests/{digest}", response.Header("Location"));
        Assert.Equal(digest, response.Header("Docker-Content-Digest"));
        Assert.Equal("0", response.Header("Content-Length"));
        Assert.Null(response.Header("OCI-Subject"));
        Assert.Null(response.Header("OCI-Tag"));
        HttpResponseMessage pulled = await _client.FetchAsync(response.Header("Location")!).ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(manifest, await pulled.BytesAsync());
    }

    [Theory]
    [Trait("Protocol", "W2")]
    [Trait("Protocol", "D13")]
    [MemberData(nameof(Spellings))]
    public async Task A_manifest_is_kept_byte_for_byte(string spelling)
    {
        await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Bytes(spelling.Replace("CONFIG", Images.Descriptor(Images.Bytes("{}"), Images.OciConfig, ",\"more\":[true]"), StringComparison.Ordinal));

        string digest = await _client.PushManifestAsync(_repository, "v1", manifest);

        Assert.Equal(Images.Sha256(manifest), digest);
        Assert.Equal(manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/v1")).BytesAsync());
    }

    [Theory]
    [Trait("Protocol", "W3")]
    [InlineData("application/vnd.oci.image.manifest.v1+json; charset=utf-8")]
    [InlineData("application/vnd.oci.image.manifest.v1+json;charset=\"UTF-8\"; q=1")]
    [InlineData("Application/VND.oci.image.manifest.v1+JSON")]
    public async Task Parameters_and_case_of_the_content_type_are_no_part_of_the_type(string contentType)
    {
        await _client.PushEmptyConfigAsync(_repository);
        await _client.PushManifestAsync(_repository, "v1", Images.Artifact(), contentType);

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(Images.Oci, response.Header("Content-Type"));
    }

    [Theory]
    [Trait("Protocol", "W4")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":CONFIG,"layers":[]}""", Images.Docker)]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[]}""", Images.DockerList)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"manifests":[]}""", Images.OciIndex)]
    public async Task Without_a_content_type_the_document_says_what_it_is(string document, string expected)
    {
        string config = await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Bytes(document.Replace("CONFIG", Images.Descriptor(config, 2, Images.OciConfig), StringComparison.Ordinal));
        await _client.PutManifestAsync(_repository, "v1", manifest, mediaType: null).ShouldBeAsync(HttpStatusCode.Created);

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(expected, response.Header("Content-Type"));
    }

    [Theory]
    [Trait("Protocol", "W5")]
    [InlineData(Images.Oci, Images.Docker)]
    [InlineData(Images.Docker, Images.Oci)]
    [InlineData(Images.Oci, "application/vnd.oci.image.manifest.v1+json; charset=utf-8")]
    [InlineData(Images.Oci, "Application/vnd.oci.image.manifest.v1+json")]
    public async Task A_manifest_that_contradicts_its_content_type_is_refused(string contentType, string inside)
    {
        string config = await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Image(Images.Descriptor(config, 2, Images.OciConfig), "", mediaType: inside);

        await _client.PutManifestAsync(_repository, "v1", manifest, contentType).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");

        await _client.FetchAsync($"/v2/{_repository}/manifests/v1").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [Trait("Protocol", "W5")]
    [InlineData(Images.Oci, true)]
    [InlineData(Images.Docker, false)]
    public async Task Only_docker_types_need_a_media_type_inside(string contentType, bool accepted)
    {
        string config = await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Bytes($$"""{"schemaVersion":2,"config":{{Images.Descriptor(config, 2, Images.OciConfig)}},"layers":[]}""");

        Task<HttpResponseMessage> push = _client.PutManifestAsync(_repository, "v1", manifest, contentType);

        if (accepted)
        {
            await push.ShouldBeAsync(HttpStatusCode.Created);
        }
        else
        {
            await push.ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");
        }
    }

    [Fact]
    [Trait("Protocol", "W5")]
    public async Task A_docker_list_needs_its_media_type_inside() =>
        await _client.PutManifestAsync(_repository, "v1", Images.Bytes("""{"schemaVersion":2,"manifests":[]}"""), Images.DockerList)
            .ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");

    [Theory]
    [Trait("Protocol", "W6")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_manifest_that_does_not_have_the_digest_it_is_pushed_by_is_refused(string algorithm)
    {
        await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Artifact();
        string digest = algorithm == "sha256" ? Images.Sha256(manifest) : Images.Sha512(manifest);

        JsonElement error = await _client.PutManifestAsync(_repository, digest, [.. manifest, .. "  "u8]).ShouldFailAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID");

        Assert.Equal(digest, error.GetProperty("detail").GetString());
        await _client.FetchAsync($"/v2/{_repository}/manifests/{digest}").ShouldBeAsync(HttpStatusCode.NotFound);
        await _client.FetchAsync($"/v2/{_repository}/manifests/{Images.Sha256([.. manifest, .. "  "u8])}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "W6")]
    public async Task A_manifest_cannot_be_pushed_by_a_digest_that_cannot_be_verified() =>
        await _client.PutManifestAsync(_repository, "blake3:" + new string('a', 64), Images.Index(""), Images.OciIndex).ShouldFailAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID");

    [Fact]
    [Trait("Protocol", "W7")]
    public async Task Readers_see_the_old_manifest_or_the_new_one_while_a_tag_moves()
    {
        PushedImage one = await _client.PushImageAsync(_repository, "latest", "one");
        PushedImage other = await _client.PushImageAsync(_repository, null, "other");
        byte[][] either = [one.Manifest, other.Manifest];
        bool moving = true;
        Task moves = MoveAsync();

        int pulls = 0;
        while (Volatile.Read(ref moving) || pulls < 20)
        {
            HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/manifests/latest").ShouldBeAsync(HttpStatusCode.OK);
            byte[] pulled = await response.BytesAsync();
            Assert.Contains(either, manifest => manifest.AsSpan().SequenceEqual(pulled));
            Assert.Equal(Images.Sha256(pulled), response.Header("Docker-Content-Digest"));
            pulls++;
        }

        await moves;
        Assert.Equal(one.Manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/{one.Digest}")).BytesAsync());
        Assert.Equal(other.Manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/{other.Digest}")).BytesAsync());

        async Task MoveAsync()
        {
            try
            {
                for (int i = 0; i < 20; i++)
                {
                    await Task.WhenAll(
                        _client.PutManifestAsync(_repository, "latest", one.Manifest).ShouldBeAsync(HttpStatusCode.Created),
                        _client.PutManifestAsync(_repository, "latest", other.Manifest).ShouldBeAsync(HttpStatusCode.Created));
                }
            }
            finally
            {
                Volatile.Write(ref moving, false);
            }
        }
    }

    [Theory]
    [Trait("Protocol", "W8")]
    [InlineData(null)]
    [InlineData("v1")]
    public async Task Pushing_what_is_there_changes_nothing(string? tag)
    {
        PushedImage image = await _client.PushImageAsync(_repository, tag);

        HttpResponseMessage again = await _client.PutManifestAsync(_repository, tag ?? image.Digest, image.Manifest).ShouldBeAsync(HttpStatusCode.Created);

        Assert.Equal(image.Digest, again.Header("Docker-Content-Digest"));
        Assert.Equal(image.Manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/{image.Digest}")).BytesAsync());
    }

    [Theory]
    [Trait("Protocol", "W9")]
    [InlineData(4 * MiB, false, true)]
    [InlineData(4 * MiB, true, true)]
    [InlineData((4 * MiB) + 1, false, false)]
    [InlineData((4 * MiB) + 1, true, false)]
    [InlineData(9 * MiB, true, false)]
    public async Task A_manifest_may_have_4_MiB_and_not_a_byte_more(int size, bool chunked, bool accepted)
    {
        await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Artifact();
        manifest = [.. manifest, .. Enumerable.Repeat((byte)' ', size - manifest.Length)];

        Task<HttpResponseMessage> push = chunked
            ? _client.AskAsync("PUT", $"/v2/{_repository}/manifests/large", Images.Chunked(manifest))
            : _client.PutManifestAsync(_repository, "large", manifest);

        if (accepted)
        {
            await push.ShouldBeAsync(HttpStatusCode.Created);
            Assert.Equal(manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/large")).BytesAsync());
        }
        else
        {
            await push.ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "MANIFEST_INVALID");
            await _client.FetchAsync($"/v2/{_repository}/manifests/large").ShouldBeAsync(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    [Trait("Protocol", "W9")]
    public async Task The_limit_on_manifests_is_an_option()
    {
        await using RegistryHost host = await RegistryHost.StartAsync(static options => options.Content.MaxManifestBytes = 5 * MiB);
        await host.Client.PushEmptyConfigAsync("app");
        byte[] manifest = Images.Artifact();
        manifest = [.. manifest, .. Enumerable.Repeat((byte)'\n', (5 * MiB) - manifest.Length)];

        await host.Client.PutManifestAsync("app", "v1", manifest).ShouldBeAsync(HttpStatusCode.Created);
        await host.Client.PutManifestAsync("app", "v1", [.. manifest, (byte)'\n']).ShouldFailAsync(HttpStatusCode.RequestEntityTooLarge, "MANIFEST_INVALID");
    }

    [Theory]
    [Trait("Protocol", "W10")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("42")]
    [InlineData("not json")]
    [InlineData("{")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[]}x")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[]}{}")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[],}")]
    [InlineData("{\"schemaVersion\":2,/* comment */\"manifests\":[]}")]
    [InlineData("{'schemaVersion':2,'manifests':[]}")]
    [InlineData("\uFEFF{\"schemaVersion\":2,\"manifests\":[]}")]
    public async Task What_is_no_JSON_object_is_no_manifest(string document) =>
        await _client.PutManifestAsync(_repository, "v1", Images.Bytes(document), Images.OciIndex).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");

    [Theory]
    [Trait("Protocol", "W10")]
    [InlineData("[", "")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[],\"x\":", "}")]
    public async Task A_deeply_nested_document_is_refused(string head, string tail)
    {
        byte[] bomb = Images.Bytes(head + new string('[', MiB) + new string(']', MiB) + tail);

        await _client.PutManifestAsync(_repository, "v1", bomb, Images.OciIndex).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");
    }

    [Theory]
    [Trait("Protocol", "W10")]
    [InlineData("\\ud800")]
    [InlineData("\\udc00\\ud800")]
    [InlineData("\xff")]
    [InlineData("\xc3\x28")]
    [InlineData("\xed\xa0\x80")]
    public async Task A_text_that_is_no_unicode_is_refused_wherever_it_stands(string latin1)
    {
        await _client.PushEmptyConfigAsync(_repository);
        string image = System.Text.Encoding.UTF8.GetString(Images.Artifact());
        string[] documents =
        [
            image.Replace("\"layers\":[]", $"\"layers\":[],\"annotations\":{{\"a\":\"{latin1}\"}}", StringComparison.Ordinal),
            image.Replace("\"layers\":[]", $"\"layers\":[],\"annotations\":{{\"{latin1}\":\"a\"}}", StringComparison.Ordinal),
            image.Replace("\"layers\":[]", $"\"layers\":[],\"artifactType\":\"{latin1}\"", StringComparison.Ordinal),
            image.Replace("\"layers\":[]", $"\"layers\":[],\"{latin1}\":1", StringComparison.Ordinal),
        ];

        foreach (string document in documents)
        {
            await _client.PutManifestAsync(_repository, "v1", System.Text.Encoding.Latin1.GetBytes(document)).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");
        }
    }

    [Theory]
    [Trait("Protocol", "W10")]
    [InlineData("\xff")]
    [InlineData("\xc3\x28")]
    [InlineData("\xed\xa0\x80")]
    [InlineData("\xfe\xff")]
    public async Task A_document_that_is_no_UTF8_is_refused_even_where_nobody_looks(string latin1)
    {
        byte[] document = System.Text.Encoding.Latin1.GetBytes($"{{\"schemaVersion\":2,\"manifests\":[],\"unknown\":[{{\"a\":\"{latin1}\"}}]}}");

        await _client.PutManifestAsync(_repository, "v1", document, Images.OciIndex).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");
    }

    [Theory]
    [Trait("Protocol", "W11")]
    [Trait("Protocol", "8.1")]
    [InlineData("application/vnd.docker.distribution.manifest.v1+json")]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [InlineData("application/vnd.oci.artifact.manifest.v1+json")]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    [InlineData("application/vnd.oci.image.config.v1+json")]
    [InlineData("application/vnd.example+json")]
    [InlineData("nonsense")]
    public async Task A_type_that_is_not_known_is_refused_as_invalid(string contentType)
    {
        string config = await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Bytes($$"""{"schemaVersion":2,"config":{{Images.Descriptor(config, 2, Images.OciConfig)}},"layers":[]}""");

        await _client.PutManifestAsync(_repository, "v1", manifest, contentType).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");
    }

    [Fact]
    [Trait("Protocol", "W13")]
    public async Task A_repository_comes_into_being_by_a_push()
    {
        await _client.FetchAsync($"/v2/{_repository}/tags/list").ShouldBeAsync(HttpStatusCode.NotFound);

        await _client.PushManifestAsync(_repository, "v1", Images.Index(""), Images.OciIndex);

        HttpResponseMessage tags = await _client.FetchAsync($"/v2/{_repository}/tags/list").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal($$"""{"name":"{{_repository}}","tags":["v1"]}""", await tags.TextAsync());
    }

    [Fact]
    [Trait("Protocol", "W13")]
    public async Task A_refused_push_brings_no_repository_into_being()
    {
        await _client.PutManifestAsync(_repository, "v1", Images.Artifact()).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");

        await _client.FetchAsync($"/v2/{_repository}/tags/list").ShouldFailAsync(HttpStatusCode.NotFound, "NAME_UNKNOWN");
    }

    [Fact]
    [Trait("Protocol", "X4")]
    public async Task A_manifest_of_unknown_length_can_be_pushed()
    {
        await _client.PushEmptyConfigAsync(_repository);
        byte[] manifest = Images.Artifact($",\"annotations\":{{\"long\":\"{new string('x', 100_000)}\"}}");

        await _client.AskAsync("PUT", $"/v2/{_repository}/manifests/v1", Images.Chunked(manifest)).ShouldBeAsync(HttpStatusCode.Created);

        Assert.Equal(manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/v1")).BytesAsync());
    }
}
