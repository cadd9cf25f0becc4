using System.Net;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Errors;

public sealed class ErrorBodyTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    // The least that a client reads of an error's body.
    private const int MaxBodyBytes = 8 * 1024;

    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    [Theory]
    [Trait("Protocol", "12")]
    [Trait("Protocol", "ER1")]
    [InlineData("GET", "REPO/blobs/" + Images.Unknown, HttpStatusCode.NotFound, "BLOB_UNKNOWN")]
    [InlineData("GET", "REPO/blobs/sha256:abc", HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    [InlineData("GET", "REPO/blobs/uploads/none", HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("GET", "REPO/manifests/none", HttpStatusCode.NotFound, "MANIFEST_UNKNOWN")]
    [InlineData("GET", "REPO/manifests/sha256:abc", HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    [InlineData("GET", "REPO/tags/list", HttpStatusCode.NotFound, "NAME_UNKNOWN")]
    [InlineData("GET", "REPO/tags/list?n=x", HttpStatusCode.BadRequest, "PAGINATION_NUMBER_INVALID")]
    [InlineData("GET", "REPO/referrers/none", HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    [InlineData("GET", "Upper/manifests/v1", HttpStatusCode.BadRequest, "NAME_INVALID")]
    [InlineData("GET", "REPO/unknown/route", HttpStatusCode.NotFound, "UNSUPPORTED")]
    [InlineData("GET", "_unknown", HttpStatusCode.NotFound, "UNSUPPORTED")]
    [InlineData("PUT", "REPO/tags/list", HttpStatusCode.MethodNotAllowed, "UNSUPPORTED")]
    [InlineData("POST", "REPO/manifests/v1", HttpStatusCode.MethodNotAllowed, "UNSUPPORTED")]
    [InlineData("PUT", "REPO/manifests/v1", HttpStatusCode.BadRequest, "MANIFEST_INVALID")]
    [InlineData("PUT", "REPO/manifests/.v1", HttpStatusCode.BadRequest, "MANIFEST_INVALID")]
    [InlineData("DELETE", "REPO/manifests/none", HttpStatusCode.NotFound, "MANIFEST_UNKNOWN")]
    [InlineData("DELETE", "REPO/blobs/" + Images.Unknown, HttpStatusCode.NotFound, "BLOB_UNKNOWN")]
    [InlineData("POST", "REPO/blobs/uploads/?digest=sha256:abc", HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    [InlineData("POST", "REPO/blobs/uploads/?digest=" + Images.Unknown, HttpStatusCode.BadRequest, "DIGEST_INVALID")]
    public async Task An_error_has_its_status_and_code_and_a_JSON_body_that_head_leaves_out(string method, string path, HttpStatusCode status, string code)
    {
        path = "/v2/" + path.Replace("REPO", _repository, StringComparison.Ordinal);

        await _client.AskAsync(method, path).ShouldFailAsync(status, code);

        if (method == "GET")
        {
            HttpResponseMessage head = await _client.AskAsync("HEAD", path).ShouldBeAsync(status);
            Assert.Empty(await head.BytesAsync());
            Assert.Equal("application/json", head.Header("Content-Type"));
        }
    }

    /// <summary>Some clients show the body as it is.</summary>
    [Fact]
    public async Task The_body_is_fit_to_be_read_by_people()
    {
        HttpResponseMessage error = await _client.AskAsync("GET", "/v2/Upper/manifests/v1");

        string body = await error.TextAsync();

        Assert.Contains("joined by '.', '_', '__' or '-'", body, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u", body, StringComparison.Ordinal);
        Assert.Equal("nosniff", error.Header("X-Content-Type-Options"));
    }

    [Theory]
    [Trait("Protocol", "12")]
    [InlineData("\"quoted\"")]
    [InlineData("back\\slash")]
    [InlineData("<script>alert('x')</script>")]
    [InlineData("line\nfeed\ttab")]
    [InlineData("ü名😀")]
    [InlineData("sp ace+plus&and=")]
    [InlineData("\u007f\u0080\u2028")]
    public async Task What_a_client_sent_comes_back_as_valid_JSON(string reference)
    {
        JsonElement error = await _client.FetchAsync($"/v2/{_repository}/manifests/{Uri.EscapeDataString(reference.Replace("/", "", StringComparison.Ordinal))}")
            .ShouldFailAsync(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");

        Assert.Equal(reference.Replace("/", "", StringComparison.Ordinal), error.GetProperty("detail").GetString());
    }

    [Theory]
    [Trait("Protocol", "ER3")]
    [InlineData("sha256", 71)]
    [InlineData("sha512", 135)]
    public async Task A_body_is_no_larger_than_clients_read_however_much_is_wrong(string algorithm, int digestLength)
    {
        string layers = string.Join(',', Enumerable.Range(0, 500).Select(i => Images.Descriptor($"{algorithm}:{i.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(digestLength - 7, '0')}", 1, Images.OciLayer)));
        string config = await _client.PushEmptyConfigAsync(_repository);

        HttpResponseMessage response = await _client.PutManifestAsync(_repository, "v1", Images.Image(Images.Descriptor(config, 2, Images.OciConfig), layers)).ShouldBeAsync(HttpStatusCode.BadRequest);

        JsonElement[] errors = await response.ErrorsAsync();
        Assert.InRange((await response.BytesAsync()).Length, 1, MaxBodyBytes);
        Assert.InRange(errors.Length, 10, 499);
        Assert.All(errors, static error => Assert.Equal("MANIFEST_BLOB_UNKNOWN", error.GetProperty("code").GetString()));
    }

    [Theory]
    [Trait("Protocol", "ER3")]
    [InlineData("{\"KEY\":1,\"KEY\":2,\"schemaVersion\":2,\"manifests\":[]}")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[],\"mediaType\":\"KEY\"}")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[],\"annotations\":{\"KEY\":1}}")]
    [InlineData("{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"KEY\",\"size\":1}]}")]
    public async Task A_body_is_no_larger_than_clients_read_however_long_what_they_sent_is(string document)
    {
        byte[] manifest = Images.Bytes(document.Replace("KEY", new string('k', 100_000), StringComparison.Ordinal));

        HttpResponseMessage response = await _client.PutManifestAsync(_repository, "v1", manifest, Images.OciIndex).ShouldBeAsync(HttpStatusCode.BadRequest);

        Assert.Equal("MANIFEST_INVALID", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.InRange((await response.BytesAsync()).Length, 1, MaxBodyBytes);
    }

    [Fact]
    [Trait("Protocol", "12")]
    public async Task A_text_that_is_shortened_between_the_halves_of_a_character_is_still_valid()
    {
        for (int length = 97; length <= 100; length++)
        {
            byte[] manifest = Images.Bytes($$$"""{"schemaVersion":2,"manifests":[],"annotations":{"{{{new string('k', length)}}}😀😀😀":1} }""");
            await _client.PutManifestAsync(_repository, "v1", manifest, Images.OciIndex).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");
        }
    }

    [Theory]
    [Trait("Protocol", "ER3")]
    [InlineData("GET", "manifests/{0}")]
    [InlineData("GET", "manifests/sha256:{0}")]
    [InlineData("GET", "blobs/{0}")]
    [InlineData("GET", "blobs/uploads/{0}")]
    [InlineData("GET", "referrers/{0}")]
    [InlineData("DELETE", "manifests/{0}")]
    [InlineData("POST", "blobs/uploads/?digest={0}")]
    [InlineData("POST", "blobs/uploads/?digest=x:{0}")]
    [InlineData("POST", "blobs/uploads/?digest-algorithm={0}")]
    public async Task A_body_is_no_larger_than_clients_read_however_long_the_address_is(string method, string path)
    {
        path = string.Format(System.Globalization.CultureInfo.InvariantCulture, path, new string('a', 7000));

        HttpResponseMessage response = await _client.AskAsync(method, $"/v2/{_repository}/{path}");

        Assert.InRange((int)response.StatusCode, 400, 404);
        Assert.NotEmpty(await response.ErrorsAsync());
        Assert.InRange((await response.BytesAsync()).Length, 1, 2000);
    }
}
