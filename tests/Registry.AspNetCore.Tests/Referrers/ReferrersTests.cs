using System.Globalization;
using System.Net;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Referrers;

public sealed class ReferrersTests(OpenRegistry registry) : IClassFixture<OpenRegistry>, IAsyncLifetime
{
    private const string Empty = "application/vnd.oci.empty.v1+json";

    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();
    private PushedImage _subject = null!;

    public async ValueTask InitializeAsync()
    {
        await _client.PushEmptyConfigAsync(_repository);
        _subject = await _client.PushImageAsync(_repository, "v1");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [Trait("Protocol", "R1")]
    [InlineData(Images.Oci)]
    [InlineData(Images.OciIndex)]
    public async Task A_manifest_with_a_subject_is_listed_and_says_so_at_every_push(string mediaType)
    {
        byte[] referrer = mediaType == Images.Oci
            ? Images.Referrer(_subject.Digest)
            : Images.Index(_subject.Descriptor(), $",\"subject\":{_subject.Descriptor()}");

        foreach (string reference in (string[])["sig", Images.Sha256(referrer), "sig"])
        {
            HttpResponseMessage response = await _client.PutManifestAsync(_repository, reference, referrer, mediaType).ShouldBeAsync(HttpStatusCode.Created);
            Assert.Equal(_subject.Digest, response.Header("OCI-Subject"));
        }

        JsonElement listed = Assert.Single(await ListAsync(_subject.Digest));
        Assert.Equal(Images.Sha256(referrer), listed.GetProperty("digest").GetString());
        Assert.Equal(mediaType, listed.GetProperty("mediaType").GetString());
        Assert.Equal(referrer.Length, listed.GetProperty("size").GetInt64());
    }

    [Fact]
    [Trait("Protocol", "R2")]
    public async Task The_list_is_an_index()
    {
        await _client.PushManifestAsync(_repository, "sig", Images.Referrer(_subject.Digest));

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(Images.OciIndex, response.Header("Content-Type"));
        Assert.Equal((await response.BytesAsync()).Length.ToString(CultureInfo.InvariantCulture), response.Header("Content-Length"));
        Assert.Null(response.Header("OCI-Filters-Applied"));
        Assert.Null(response.Header("Link"));
        JsonElement index = await response.JsonAsync();
        Assert.Equal(2, index.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(Images.OciIndex, index.GetProperty("mediaType").GetString());
        Assert.Equal(JsonValueKind.Array, index.GetProperty("manifests").ValueKind);
        HttpResponseMessage head = await _client.AskAsync("HEAD", $"/v2/{_repository}/referrers/{_subject.Digest}").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(response.Header("Content-Length"), head.Header("Content-Length"));
        Assert.Equal(Images.OciIndex, head.Header("Content-Type"));
        Assert.Empty(await head.BytesAsync());
    }

    [Theory]
    [Trait("Protocol", "R3")]
    [Trait("Protocol", "R4")]
    [InlineData(Images.Unknown, true)]
    [InlineData(Images.Unknown, false)]
    [InlineData("sha512:00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000", true)]
    [InlineData("blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262", true)]
    [InlineData("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", false)]
    [InlineData("x:y", true)]
    public async Task Where_nothing_refers_the_list_is_empty(string digest, bool known)
    {
        string repository = known ? _repository : registry.NewRepository();

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{repository}/referrers/{digest}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(Images.OciIndex, response.Header("Content-Type"));
        Assert.Equal("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", await response.TextAsync());
    }

    [Theory]
    [Trait("Protocol", "R4")]
    [InlineData("sha256:totallywrong")]
    [InlineData("sha256:")]
    [InlineData("sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    [InlineData("v1")]
    [InlineData(":abc")]
    [InlineData("sha256-0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_malformed_digest_is_refused(string digest)
    {
        JsonElement error = await _client.FetchAsync($"/v2/{_repository}/referrers/{digest}").ShouldFailAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID");

        Assert.Equal(digest, error.GetProperty("detail").GetString());
    }

    [Theory]
    [Trait("Protocol", "R5")]
    [InlineData("", "application/vnd.example.config", "application/vnd.example.config")]
    [InlineData(",\"artifactType\":\"\"", "application/vnd.example.config", "application/vnd.example.config")]
    [InlineData(",\"artifactType\":null", "application/vnd.example.config", "application/vnd.example.config")]
    [InlineData(",\"artifactType\":\"application/vnd.example.sbom\"", Empty, "application/vnd.example.sbom")]
    [InlineData(",\"artifactType\":\"application/vnd.example.sbom\"", "application/vnd.example.config", "application/vnd.example.sbom")]
    public async Task The_artifact_type_is_the_manifests_own_or_its_configs(string rest, string configType, string expected)
    {
        await _client.PushManifestAsync(_repository, "sig", Images.Referrer(_subject.Digest, rest, configType));

        Assert.Equal(expected, Assert.Single(await ListAsync(_subject.Digest)).GetProperty("artifactType").GetString());
    }

    [Theory]
    [Trait("Protocol", "R5")]
    [InlineData("", null)]
    [InlineData(",\"artifactType\":\"\"", null)]
    [InlineData(",\"artifactType\":\"application/vnd.example.list\"", "application/vnd.example.list")]
    public async Task An_index_without_an_artifact_type_is_listed_without_one(string rest, string? expected)
    {
        await _client.PushManifestAsync(_repository, "sig", Images.Index("", $",\"subject\":{_subject.Descriptor()}{rest}"), Images.OciIndex);

        JsonElement listed = Assert.Single(await ListAsync(_subject.Digest));
        Assert.Equal(expected is not null, listed.TryGetProperty("artifactType", out JsonElement type));
        Assert.Equal(expected, expected is null ? null : type.GetString());
    }

    [Fact]
    [Trait("Protocol", "R5")]
    public async Task The_manifests_annotations_are_listed_as_they_are_and_nothing_else()
    {
        const string annotations = """{"org.opencontainers.image.created":"2026-01-01T00:00:00Z","":"empty key","名前":"😀 \"quoted\" \\ <&>+'","line":"a\nb\u0000"}""";
        await _client.PushManifestAsync(_repository, "sig", Images.Referrer(_subject.Digest, $",\"annotations\":{annotations}"));

        JsonElement listed = Assert.Single(await ListAsync(_subject.Digest));

        using JsonDocument expected = JsonDocument.Parse(annotations);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, listed.GetProperty("annotations")));
        Assert.Equal(["annotations", "artifactType", "digest", "mediaType", "size"], listed.EnumerateObject().Select(static property => property.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [Trait("Protocol", "R5")]
    [InlineData("")]
    [InlineData(",\"annotations\":null")]
    [InlineData(",\"annotations\":{}")]
    public async Task A_manifest_without_annotations_is_listed_without_them(string rest)
    {
        await _client.PushManifestAsync(_repository, "sig", Images.Referrer(_subject.Digest, rest));

        Assert.False(Assert.Single(await ListAsync(_subject.Digest)).TryGetProperty("annotations", out _));
    }

    [Fact]
    [Trait("Protocol", "R6")]
    public async Task A_filter_shows_one_type_and_says_that_it_was_applied()
    {
        string sbom = await PushReferrerAsync("application/vnd.sbom+json");
        await PushReferrerAsync("application/vnd.signature");
        byte[] byConfig = Images.Referrer(_subject.Digest, ",\"annotations\":{\"by\":\"config\"}", "application/vnd.sbom+json");
        string config = await _client.PushManifestAsync(_repository, Images.Sha256(byConfig), byConfig);

        // The plus sign is sent as it is by some clients, and form decoding makes a space of it.
        foreach (string filter in (string[])["application/vnd.sbom+json", "application%2Fvnd.sbom%2Bjson", "application%2fvnd.sbom%2bjson"])
        {
            HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}?artifactType={filter}").ShouldBeAsync(HttpStatusCode.OK);
            Assert.Equal("artifactType", response.Header("OCI-Filters-Applied"));
            Assert.Equal(Images.OciIndex, response.Header("Content-Type"));
            Assert.Equal(((string[])[sbom, config]).Order(StringComparer.Ordinal), Digests(await response.JsonAsync()));
        }
    }

    [Theory]
    [Trait("Protocol", "R6")]
    [InlineData("application/vnd.other")]
    [InlineData("application/vnd")]
    [InlineData("APPLICATION/VND.SBOM")]
    public async Task A_filter_that_nothing_matches_was_applied_as_well(string filter)
    {
        await PushReferrerAsync("application/vnd.sbom");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}?artifactType={filter}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("artifactType", response.Header("OCI-Filters-Applied"));
        Assert.Empty(Digests(await response.JsonAsync()));
    }

    [Theory]
    [Trait("Protocol", "R6")]
    [Trait("Protocol", "X9")]
    [InlineData("?artifactType=")]
    [InlineData("?artifacttype")]
    [InlineData("?n=1")]
    [InlineData("?ns=docker.io&&unknown=x")]
    public async Task Without_a_filter_everything_is_listed(string query)
    {
        await PushReferrerAsync("application/vnd.sbom");
        await PushReferrerAsync("application/vnd.signature");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}{query}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Null(response.Header("OCI-Filters-Applied"));
        Assert.Equal(2, Digests(await response.JsonAsync()).Length);
    }

    [Fact]
    [Trait("Protocol", "R7")]
    public async Task Several_filters_show_what_any_of_them_shows()
    {
        string[] wanted = [await PushReferrerAsync("application/a"), await PushReferrerAsync("application/b")];
        await PushReferrerAsync("application/c");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}?artifactType=application/a&artifactType=application/b").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("artifactType", response.Header("OCI-Filters-Applied"));
        Assert.Equal(wanted.Order(StringComparer.Ordinal), Digests(await response.JsonAsync()));
    }

    [Theory]
    [Trait("Protocol", "R9")]
    [Trait("Protocol", "R11")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_referrer_vanishes_when_it_is_deleted_by_digest_and_not_when_its_tag_is(bool tagged)
    {
        byte[] referrer = Images.Referrer(_subject.Digest);
        string digest = await _client.PushManifestAsync(_repository, Images.Sha256(referrer), referrer);
        if (tagged)
        {
            await _client.PushManifestAsync(_repository, "sig", referrer);
            Assert.Single(await ListAsync(_subject.Digest));
            await _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/sig").ShouldBeAsync(HttpStatusCode.Accepted);
        }

        Assert.Single(await ListAsync(_subject.Digest));
        await _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/{digest}").ShouldBeAsync(HttpStatusCode.Accepted);
        Assert.Empty(await ListAsync(_subject.Digest));

        await _client.PushManifestAsync(_repository, digest, referrer);
        Assert.Single(await ListAsync(_subject.Digest));
    }

    [Fact]
    [Trait("Protocol", "R10")]
    public async Task Referrers_outlive_their_subject()
    {
        string digest = await PushReferrerAsync("application/vnd.sbom");

        await _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/{_subject.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Equal([digest], Digests(await (await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}").ShouldBeAsync(HttpStatusCode.OK)).JsonAsync()));
        await _client.PushManifestAsync(_repository, "v1", _subject.Manifest);
        Assert.Single(await ListAsync(_subject.Digest));
    }

    [Fact]
    [Trait("Protocol", "D8")]
    public async Task A_referrer_may_come_before_its_subject_and_may_have_referrers_of_its_own()
    {
        byte[] late = Images.Index("", ",\"annotations\":{\"comes\":\"last\"}");
        byte[] first = Images.Referrer(Images.Sha256(late));
        byte[] second = Images.Referrer(Images.Sha256(first));
        await _client.PushManifestAsync(_repository, "second", second);
        await _client.PushManifestAsync(_repository, "first", first);
        await _client.PushManifestAsync(_repository, "late", late, Images.OciIndex);

        Assert.Equal(Images.Sha256(first), Assert.Single(await ListAsync(Images.Sha256(late))).GetProperty("digest").GetString());
        Assert.Equal(Images.Sha256(second), Assert.Single(await ListAsync(Images.Sha256(first))).GetProperty("digest").GetString());
        Assert.Empty(await ListAsync(Images.Sha256(second)));
    }

    [Fact]
    [Trait("Protocol", "M7")]
    public async Task Subjects_and_referrers_may_be_of_any_algorithm()
    {
        byte[] referrer = Images.Referrer("blake3:abcdef");
        string digest = Images.Sha512(referrer);
        await _client.PushManifestAsync(_repository, digest, referrer);

        Assert.Equal(digest, Assert.Single(await ListAsync("blake3:abcdef")).GetProperty("digest").GetString());
    }

    [Fact]
    [Trait("Protocol", "R12")]
    public async Task The_order_is_stable()
    {
        for (int i = 0; i < 40; i++)
        {
            await PushReferrerAsync($"application/vnd.example.{i}");
        }

        string[] order = Digests(await (await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}")).JsonAsync());
        Assert.Equal(40, order.Length);
        Assert.Equal(order.Order(StringComparer.Ordinal), order);
        Assert.Equal(order, Digests(await (await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}")).JsonAsync()));
    }

    [Fact]
    [Trait("Protocol", "R13")]
    public async Task The_tag_that_clients_fall_back_to_is_a_tag_like_any_other()
    {
        string digest = await PushReferrerAsync("application/vnd.sbom");
        string tag = _subject.Digest.Replace(':', '-');
        byte[] index = Images.Index(Images.Descriptor(digest, 1, Images.Oci));

        await _client.PushManifestAsync(_repository, tag, index, Images.OciIndex);

        Assert.Equal([digest], Digests(await (await _client.FetchAsync($"/v2/{_repository}/referrers/{_subject.Digest}")).JsonAsync()));
        await _client.PushManifestAsync(_repository, tag, Images.Index(""), Images.OciIndex);
        await _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/{tag}").ShouldBeAsync(HttpStatusCode.Accepted);
        Assert.Single(await ListAsync(_subject.Digest));
    }

    [Theory]
    [Trait("Protocol", "R14")]
    [InlineData(Images.Docker)]
    [InlineData(Images.DockerList)]
    public async Task Docker_types_have_no_subject(string mediaType)
    {
        string rest = $",\"subject\":{_subject.Descriptor()}";
        byte[] manifest = mediaType == Images.Docker
            ? Images.Image(Images.Descriptor(Images.Bytes("{}"), Empty), "", rest, mediaType)
            : Images.Index("", rest, mediaType);

        HttpResponseMessage response = await _client.PutManifestAsync(_repository, "v2", manifest, mediaType).ShouldBeAsync(HttpStatusCode.Created);

        Assert.Null(response.Header("OCI-Subject"));
        Assert.Empty(await ListAsync(_subject.Digest));
    }

    [Fact]
    [Trait("Protocol", "R15")]
    public async Task Referrers_are_of_their_own_repository_alone()
    {
        await PushReferrerAsync("application/vnd.sbom");

        foreach (string other in (string[])[$"{_repository}/nested", _repository[.._repository.IndexOf('/', StringComparison.Ordinal)], _repository + "-0", _repository + "/referrers"])
        {
            Assert.Equal("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""",
                await (await _client.FetchAsync($"/v2/{other}/referrers/{_subject.Digest}").ShouldBeAsync(HttpStatusCode.OK)).TextAsync());
        }
    }

    private async Task<string> PushReferrerAsync(string artifactType)
    {
        byte[] referrer = Images.Referrer(_subject.Digest, $",\"artifactType\":\"{artifactType}\"");
        return await _client.PushManifestAsync(_repository, Images.Sha256(referrer), referrer);
    }

    private async Task<JsonElement[]> ListAsync(string subject) =>
        [.. (await (await _client.FetchAsync($"/v2/{_repository}/referrers/{subject}").ShouldBeAsync(HttpStatusCode.OK)).JsonAsync()).GetProperty("manifests").EnumerateArray()];

    private static string[] Digests(JsonElement index) => [.. index.GetProperty("manifests").EnumerateArray().Select(static item => item.GetProperty("digest").GetString()!)];
}
