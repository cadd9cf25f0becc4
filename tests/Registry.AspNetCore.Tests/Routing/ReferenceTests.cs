using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Routing;

public sealed class ReferenceTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private static readonly string[] Known =
    [
        "BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID", "MANIFEST_UNKNOWN",
        "NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID", "UNAUTHORIZED", "DENIED", "UNSUPPORTED", "TOOMANYREQUESTS",
    ];

    private readonly string _repository = RegistryFixture.NewRepository();

    public static TheoryData<string> MalformedDigests =>
    [
        "sha256:",
        "sha256:totallywrong",
        "sha256:baddigeststring",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256::e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ":e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256%20:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "+sha:abc",
        "sha++x:abc",
        "sha:a.b",
        "sha:a%0A",
        ":",
        "a:b:c",
    ];

    [Theory]
    [Trait("Protocol", "N4")]
    [InlineData(".INVALID_MANIFEST_NAME")]
    [InlineData("-x")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a@b")]
    [InlineData("a+b")]
    [InlineData("a%20b")]
    [InlineData("a%0A")]
    [InlineData("%C3%A9")]
    [InlineData("{129}")]
    [InlineData("{4000}")]
    public async Task A_malformed_tag_is_not_found_when_pulled(string tag)
    {
        await registry.Client.PushImageAsync(_repository, "v1");
        tag = tag switch { "{129}" => new string('a', 129), "{4000}" => new string('a', 4000), _ => tag };

        Answer get = await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/manifests/{tag}");
        Answer head = await RawHttp.SendAsync(registry.Host, $"HEAD /v2/{_repository}/manifests/{tag}");

        get.Expect(404);
        head.Expect(404);
        Assert.Contains(get.ErrorCode, Known);
        Assert.True(get.Body.Length < 4096);
    }

    [Theory]
    [Trait("Protocol", "N5")]
    [MemberData(nameof(MalformedDigests))]
    public async Task A_malformed_digest_is_refused_when_pulled(string digest)
    {
        await registry.Client.PushImageAsync(_repository, "v1");
        foreach (string kind in new[] { "manifests", "blobs" })
        {
            Answer get = await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/{kind}/{digest}");
            Answer head = await RawHttp.SendAsync(registry.Host, $"HEAD /v2/{_repository}/{kind}/{digest}");

            Assert.Contains(get.Status, new[] { 400, 404 });
            Assert.Equal(get.Status, head.Status);
            Assert.Contains(get.ErrorCode, Known);
        }
    }

    [Theory]
    [Trait("Protocol", "N5")]
    [Trait("Protocol", "B4")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564")]
    [InlineData("x:y")]
    public async Task A_digest_of_an_unknown_algorithm_is_not_found(string digest)
    {
        await registry.Client.PushImageAsync(_repository, "v1");

        (await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/blobs/{digest}")).Expect(404, "BLOB_UNKNOWN");
        (await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/manifests/{digest}")).Expect(404, "MANIFEST_UNKNOWN");
        (await RawHttp.SendAsync(registry.Host, $"HEAD /v2/{_repository}/blobs/{digest}")).Expect(404);
        (await RawHttp.SendAsync(registry.Host, $"HEAD /v2/{_repository}/manifests/{digest}")).Expect(404);
    }

    [Theory]
    [Trait("Protocol", "N6")]
    [MemberData(nameof(MalformedDigests))]
    public async Task A_malformed_digest_is_refused_when_pushed(string digest)
    {
        TestBlob manifest = await registry.Client.PushImageAsync(_repository, "v1");

        (await PushAsync(digest, manifest)).Expect(400, "DIGEST_INVALID");

        Assert.Equal($$"""{"name":"{{_repository}}","tags":["v1"]}""", (await registry.Client.GetAsync($"/v2/{_repository}/tags/list")).Text);
    }

    [Theory]
    [Trait("Protocol", "N6")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("x:y")]
    public async Task A_digest_that_cannot_be_verified_is_refused_when_pushed(string digest)
    {
        TestBlob manifest = await registry.Client.PushImageAsync(_repository, "v1");

        (await PushAsync(digest, manifest)).Expect(400, "DIGEST_INVALID");
    }

    [Theory]
    [Trait("Protocol", "N7")]
    [InlineData("a", 201)]
    [InlineData("_", 201)]
    [InlineData("_a.-", 201)]
    [InlineData("A", 201)]
    [InlineData("0", 201)]
    [InlineData("{128}", 201)]
    [InlineData("{129}", 400)]
    [InlineData(".a", 400)]
    [InlineData("-a", 400)]
    [InlineData("a%20b", 400)]
    [InlineData("a+b", 400)]
    [InlineData("a@b", 400)]
    [InlineData("a%0A", 400)]
    [InlineData("%C3%A9", 400)]
    public async Task A_tag_is_taken_or_refused_by_its_form_when_pushed(string tag, int status)
    {
        TestBlob manifest = await registry.Client.PushImageAsync(_repository, "v1");
        tag = tag switch { "{128}" => new string('a', 128), "{129}" => new string('a', 129), _ => tag };

        Answer answer = (await PushAsync(tag, manifest)).Expect(status);

        Assert.Equal(status == 201 ? null : "MANIFEST_INVALID", answer.ErrorCode);
        (await registry.Client.GetAsync($"/v2/{_repository}/manifests/{tag}")).Expect(status == 201 ? 200 : 404);
    }

    [Fact]
    public async Task Tags_differ_by_the_case_of_their_letters()
    {
        TestBlob config = await registry.Client.PushAsync(_repository, TestBlob.Of("{}"));
        TestBlob lower = await registry.Client.PushImageAsync(_repository, "tag", MinimalImage.Of(config, artifactType: "a/lower"));
        TestBlob upper = await registry.Client.PushImageAsync(_repository, "TAG", MinimalImage.Of(config, artifactType: "a/upper"));

        Assert.Equal(lower.Content, (await registry.Client.GetAsync($"/v2/{_repository}/manifests/tag")).Body);
        Assert.Equal(upper.Content, (await registry.Client.GetAsync($"/v2/{_repository}/manifests/TAG")).Body);
        (await registry.Client.GetAsync($"/v2/{_repository}/manifests/Tag")).Expect(404);
    }

    [Theory]
    [Trait("Protocol", "N8")]
    [InlineData("%3A")]
    [InlineData("%3a")]
    public async Task An_escaped_digest_means_the_same(string colon)
    {
        TestBlob manifest = await registry.Client.PushImageAsync(_repository, "v1");
        string blob = TestBlob.Of("{}").Sha256;

        foreach (string target in new[] { $"blobs/{blob}", $"manifests/{manifest.Sha256}", $"referrers/{manifest.Sha256}" })
        {
            Answer plain = await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/{target}");
            Answer escaped = await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/{target.Replace(":", colon, StringComparison.Ordinal)}");
            Assert.Equal(plain.Expect(200).Body, escaped.Expect(200).Body);
            (await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/{target.Replace(":", "%253A", StringComparison.Ordinal)}")).Expect(target[0] == 'm' ? 404 : 400);
        }

        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync(
            $"PUT /v2/{_repository}/manifests/{manifest.Sha256.Replace(":", colon, StringComparison.Ordinal)}", $"Content-Length: {manifest.Length}", $"Content-Type: {MinimalImage.MediaType}");
        await connection.SendAsync(manifest.Content);
        (await connection.ReadAsync()).Expect(201);
    }

    private async Task<Answer> PushAsync(string reference, TestBlob manifest)
    {
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync($"PUT /v2/{_repository}/manifests/{reference}", $"Content-Length: {manifest.Length}", $"Content-Type: {MinimalImage.MediaType}");
        await connection.SendAsync(manifest.Content);
        return await connection.ReadAsync();
    }
}
