using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Routing;

public sealed class RepositoryNameTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private const string Unknown = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    private RegistryClient Client => registry.Client;

    [Theory]
    [Trait("Protocol", "N1")]
    [InlineData("blobs")]
    [InlineData("manifests")]
    [InlineData("uploads")]
    [InlineData("referrers")]
    [InlineData("tags")]
    [InlineData("tags/list")]
    [InlineData("list")]
    [InlineData("a/blobs/uploads")]
    [InlineData("x/manifests")]
    [InlineData("blobs/uploads")]
    [InlineData("v2/v2")]
    public async Task A_repository_may_have_the_protocols_words_in_its_name(string repository)
    {
        TestBlob blob = await Client.PushAsync(repository, TestBlob.Random(100));
        string session = await Client.StartUploadAsync(repository);
        (await Client.PatchAsync(session, blob.Content)).Expect(202);
        (await Client.FinishAsync(session, blob.Sha256)).Expect(201);
        TestBlob manifest = await Client.PushImageAsync(repository, "list");
        await Client.PushImageAsync(repository, "uploads", manifest);

        await Client.AssertHasAsync(repository, blob);
        Assert.Equal(manifest.Content, (await Client.GetAsync($"/v2/{repository}/manifests/list")).Expect(200).Body);
        Assert.Equal(manifest.Content, (await Client.GetAsync($"/v2/{repository}/manifests/{manifest.Sha256}")).Expect(200).Body);
        using JsonDocument tags = JsonDocument.Parse((await Client.GetAsync($"/v2/{repository}/tags/list")).Expect(200).Body);
        Assert.Equal(repository, tags.RootElement.GetProperty("name").GetString());
        Assert.Equal(["list", "uploads"], tags.RootElement.GetProperty("tags").EnumerateArray().Select(static tag => tag.GetString()));
        (await Client.GetAsync($"/v2/{repository}/referrers/{manifest.Sha256}")).Expect(200);
    }

    [Theory]
    [Trait("Protocol", "N2")]
    [InlineData("/v2/manifests/latest")]
    [InlineData("/v2//manifests/latest")]
    [InlineData("/v2/tags/list")]
    [InlineData("/v2/blobs/uploads/")]
    public async Task An_empty_name_is_no_repository(string path) => Assert.InRange((await Client.GetAsync(path)).Status, 400, 405);

    [Theory]
    [Trait("Protocol", "N3")]
    [InlineData("A")]
    [InlineData("a._b")]
    [InlineData("a..b")]
    [InlineData("a___b")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a/_b")]
    [InlineData("a b")]
    public async Task A_wrong_name_is_refused_on_every_route(string name)
    {
        foreach ((string method, string rest) in ((string, string)[])[
            ("GET", "tags/list"), ("GET", "manifests/v1"), ("PUT", "manifests/v1"), ("DELETE", "manifests/v1"), ("GET", $"blobs/{Unknown}"),
            ("DELETE", $"blobs/{Unknown}"), ("POST", "blobs/uploads/"), ("PATCH", "blobs/uploads/x"), ("GET", $"referrers/{Unknown}")])
        {
            (await Client.SendAsync(method, $"/v2/{Uri.EscapeDataString(name).Replace("%2F", "/", StringComparison.Ordinal)}/{rest}")).Expect(400, "NAME_INVALID");
        }
    }

    [Theory]
    [Trait("Protocol", "N3")]
    [InlineData(255, 202)]
    [InlineData(256, 400)]
    public async Task A_name_has_255_characters_at_most(int length, int status) =>
        (await Client.PostAsync($"/v2/{new string('a', length)}/blobs/uploads/")).Expect(status);

    [Theory]
    [Trait("Protocol", "N3")]
    [InlineData("a--b")]
    [InlineData("a__b")]
    [InlineData("a---b.c_d")]
    [InlineData("0/1")]
    public async Task Separators_may_be_doubled_where_the_grammar_says_so(string name) => await Client.PushImageAsync(name, "v1");

    [Theory]
    [Trait("Protocol", "N4")]
    [InlineData(".INVALID_MANIFEST_NAME")]
    [InlineData("-x")]
    [InlineData("a+b")]
    public async Task A_malformed_tag_is_not_found(string tag)
    {
        await Client.PushImageAsync("names/n4", "v1");

        (await Client.GetAsync($"/v2/names/n4/manifests/{tag}")).Expect(404, "MANIFEST_UNKNOWN");
        (await Client.HeadAsync($"/v2/names/n4/manifests/{tag}")).Expect(404);
    }

    [Theory]
    [Trait("Protocol", "N5")]
    [InlineData("manifests")]
    [InlineData("blobs")]
    public async Task A_malformed_digest_is_told_apart_from_an_unknown_one(string kind)
    {
        (await Client.GetAsync($"/v2/names/n5/{kind}/sha256:totallywrong")).Expect(400, "DIGEST_INVALID");
        (await Client.GetAsync($"/v2/names/n5/{kind}/{Unknown}")).Expect(404);
    }

    [Fact]
    [Trait("Protocol", "N6")]
    public async Task Pushing_to_a_malformed_digest_makes_no_tag()
    {
        TestBlob manifest = await Client.PushImageAsync("names/n6", "v1");

        (await Client.SendAsync("PUT", "/v2/names/n6/manifests/sha256:baddigeststring", manifest.Content, headers: ("Content-Type", MinimalImage.MediaType)))
            .Expect(400, "DIGEST_INVALID");

        Assert.DoesNotContain("bad", (await Client.GetAsync("/v2/names/n6/tags/list")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Protocol", "N7")]
    [InlineData(128, 201)]
    [InlineData(129, 400)]
    public async Task A_tag_has_128_characters_at_most(int length, int status)
    {
        TestBlob manifest = await Client.PushImageAsync("names/n7", "v1");

        (await Client.SendAsync("PUT", $"/v2/names/n7/manifests/{new string('t', length)}", manifest.Content, headers: ("Content-Type", MinimalImage.MediaType)))
            .Expect(status);
    }

    [Fact]
    [Trait("Protocol", "N8")]
    public async Task Percent_encoding_is_decoded_once()
    {
        TestBlob blob = await Client.PushAsync("names/n8", TestBlob.Random(10));

        (await Client.GetAsync($"/v2/names/n8/blobs/{blob.Sha256.Replace(":", "%3A", StringComparison.Ordinal)}")).Expect(200);
        (await Client.GetAsync($"/v2/names/n8/blobs/{blob.Sha256.Replace(":", "%253A", StringComparison.Ordinal)}")).Expect(400, "DIGEST_INVALID");
        (await Client.GetAsync($"/v2/names%252Fn8/blobs/{blob.Sha256}")).Expect(400, "NAME_INVALID");
    }

    [Theory]
    [Trait("Protocol", "N9")]
    [InlineData("application/vnd.test+json")]
    [InlineData("application/vnd.test%2Bjson")]
    public async Task A_plus_sign_in_a_query_is_one_whether_escaped_or_not(string type)
    {
        TestBlob subject = await Client.PushImageAsync("names/n9", "v1");
        TestBlob config = TestBlob.Of("{}");
        var referrer = TestBlob.Of($$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.test+json",
            "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{config.Sha256}}","size":2},"layers":[],
            "subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{subject.Sha256}}","size":{{subject.Length}} } }
            """);
        (await Client.SendAsync("PUT", $"/v2/names/n9/manifests/{referrer.Sha256}", referrer.Content, headers: ("Content-Type", "application/vnd.oci.image.manifest.v1+json"))).Expect(201);

        Answer answer = (await Client.GetAsync($"/v2/names/n9/referrers/{subject.Sha256}?artifactType={type}")).Expect(200);

        Assert.Contains(referrer.Sha256, answer.Text, StringComparison.Ordinal);
        Assert.Equal("artifactType", answer["OCI-Filters-Applied"]);
    }
}
