using System.Net;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Referrers;

/// <summary>Several clients read one page only, so a page takes as much as clients read of a manifest: 4 MiB.</summary>
public sealed class ReferrersPagingTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private const int PageBytes = 4 * 1024 * 1024;

    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    [Theory]
    [Trait("Protocol", "R8")]
    [InlineData('x')]
    [InlineData('<')]
    [InlineData('é')]
    public async Task As_much_as_clients_read_is_in_one_page(char filling)
    {
        int annotationBytes = 100_000;
        int count = (PageBytes / (annotationBytes + 500)) - 1;
        await PushAsync(count, annotationBytes, filling, "application/vnd.sbom");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/referrers/{Images.Unknown}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Null(response.Header("Link"));
        Assert.Equal(count, (await response.JsonAsync()).GetProperty("manifests").GetArrayLength());
    }

    [Theory]
    [Trait("Protocol", "R8")]
    [Trait("Protocol", "T10")]
    [InlineData("")]
    [InlineData("?artifactType=application/vnd.sbom%2Bjson&artifactType=application/vnd.other")]
    public async Task What_does_not_fit_is_on_further_pages_each_a_whole_index(string query)
    {
        const int count = 20;
        await PushAsync(count, 500_000, 'x', "application/vnd.sbom+json");
        await PushAsync(1, 10, 'x', "application/vnd.unwanted");
        var seen = new List<string>();
        int pages = 0;
        string? next = $"/v2/{_repository}/referrers/{Images.Unknown}{query}";
        while (next is not null)
        {
            HttpResponseMessage response = await _client.FetchAsync(next).ShouldBeAsync(HttpStatusCode.OK);
            byte[] page = await response.BytesAsync();
            JsonElement index = await response.JsonAsync();
            pages++;
            Assert.InRange(page.Length, 1, PageBytes);
            Assert.Equal(Images.OciIndex, response.Header("Content-Type"));
            Assert.Equal(Images.OciIndex, index.GetProperty("mediaType").GetString());
            Assert.Equal(query.Length > 0 ? "artifactType" : null, response.Header("OCI-Filters-Applied"));
            seen.AddRange(index.GetProperty("manifests").EnumerateArray().Select(static item => item.GetProperty("digest").GetString()!));
            next = response.NextPage();
            Assert.True(next is null || next.StartsWith($"/v2/{_repository}/referrers/{Images.Unknown}?", StringComparison.Ordinal), next);
        }

        Assert.InRange(pages, 3, 4);
        Assert.Equal(query.Length > 0 ? count : count + 1, seen.Count);
        Assert.Equal(seen.Order(StringComparer.Ordinal).Distinct(), seen);
    }

    [Fact]
    [Trait("Protocol", "R8")]
    public async Task A_manifest_whose_annotations_fill_a_page_has_one_to_itself()
    {
        await PushAsync(3, PageBytes - 1000, 'x', "application/vnd.sbom");

        HttpResponseMessage response = await _client.FetchAsync($"/v2/{_repository}/referrers/{Images.Unknown}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(1, (await response.JsonAsync()).GetProperty("manifests").GetArrayLength());
        Assert.InRange((await response.BytesAsync()).Length, 1, PageBytes);
        Assert.NotNull(response.NextPage());
    }

    [Theory]
    [Trait("Protocol", "R8")]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("sha256:abc")]
    public async Task A_place_to_go_on_from_is_a_digest(string last) =>
        await _client.FetchAsync($"/v2/{_repository}/referrers/{Images.Unknown}?last={last}").ShouldFailAsync(HttpStatusCode.BadRequest, "DIGEST_INVALID");

    private async Task PushAsync(int count, int annotationBytes, char filling, string artifactType)
    {
        await _client.PushEmptyConfigAsync(_repository);
        string text = new(filling, annotationBytes / System.Text.Encoding.UTF8.GetByteCount([filling]));
        for (int i = 0; i < count; i++)
        {
            byte[] referrer = Images.Referrer(Images.Unknown, $",\"artifactType\":\"{artifactType}\",\"annotations\":{{\"n\":\"{i}\",\"text\":\"{text}\"}}");
            await _client.PushManifestAsync(_repository, Images.Sha256(referrer), referrer);
        }
    }
}
