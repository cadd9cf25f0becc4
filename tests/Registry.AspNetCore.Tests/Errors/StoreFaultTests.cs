using System.Globalization;
using System.Net;
using Registry.AspNetCore.Tests.Testing;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.Errors;

/// <summary>What a client sees when the store fails.</summary>
public sealed class StoreFaultTests : IAsyncLifetime
{
    private static readonly string[] ContentHeaders = ["Docker-Content-Digest", "ETag", "Cache-Control", "Accept-Ranges", "Content-Range", "Location"];

    private RegistryHost _host = null!;
    private FaultyStore _store = null!;

    public async ValueTask InitializeAsync() => (_host, _store) = await FaultyStore.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    public static TheoryData<string, string> Operations => new()
    {
        { "GET", "app/manifests/v1" },
        { "PUT", "app/manifests/v2" },
        { "DELETE", "app/manifests/v1" },
        { "GET", "app/tags/list" },
        { "GET", "app/referrers/" + Images.Unknown },
        { "GET", "app/blobs/" + Images.Unknown },
        { "DELETE", "app/blobs/" + Images.Unknown },
        { "POST", "app/blobs/uploads/" },
        { "POST", "app/blobs/uploads/?mount=" + Images.Unknown },
        { "PATCH", "app/blobs/uploads/01234567890123456789012345" },
        { "GET", "_catalog" },
    };

    [Theory]
    [Trait("Protocol", "ER2")]
    [MemberData(nameof(Operations))]
    public async Task A_store_that_cannot_be_reached_is_503_with_a_time_to_wait(string method, string path)
    {
        await _host.Client.PushImageAsync("app", "v1");
        _store.Before = static (_, _) => throw new StoreUnavailableException("bucket-of-secrets does not answer");

        HttpResponseMessage response = await _host.Client.AskAsync(method, "/v2/" + path, Body(method)).ShouldBeAsync(HttpStatusCode.ServiceUnavailable);

        Assert.Equal("UNAVAILABLE", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.Equal("5", response.Header("Retry-After"));
        Assert.DoesNotContain("secret", await response.TextAsync(), StringComparison.Ordinal);
        _store.Before = null;
        await _host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Theory]
    [Trait("Protocol", "ER2")]
    [InlineData(0.2, "1")]
    [InlineData(1, "1")]
    [InlineData(1.5, "2")]
    [InlineData(120, "120")]
    public async Task The_time_to_wait_is_the_one_that_the_store_asks_for(double seconds, string expected)
    {
        _store.Before = (_, _) => throw new StoreUnavailableException { RetryAfter = TimeSpan.FromSeconds(seconds) };

        HttpResponseMessage response = await _host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.ServiceUnavailable);

        Assert.Equal(expected, response.Header("Retry-After"));
    }

    [Theory]
    [Trait("Protocol", "ER2")]
    [Trait("Protocol", "ER4")]
    [MemberData(nameof(Operations))]
    public async Task What_is_not_foreseen_is_500_and_says_nothing_of_the_inside(string method, string path)
    {
        await _host.Client.PushImageAsync("app", "v1");
        _store.Before = static (operation, key) => throw new InvalidOperationException($"secret {operation} {key} at /var/secret");

        HttpResponseMessage response = await _host.Client.AskAsync(method, "/v2/" + path, Body(method)).ShouldBeAsync(HttpStatusCode.InternalServerError);

        Assert.Equal("UNKNOWN", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        string text = await response.TextAsync();
        Assert.All((string[])["secret", "Exception", "repos/", " at "], inside => Assert.DoesNotContain(inside, text, StringComparison.Ordinal));
        Assert.Null(response.Header("Retry-After"));
    }

    [Theory]
    [Trait("Protocol", "ER1")]
    [InlineData("app/manifests/v1")]
    [InlineData("app/blobs/" + Images.Unknown)]
    public async Task Head_has_the_status_alone(string path)
    {
        _store.Before = static (_, _) => throw new StoreUnavailableException();
        HttpResponseMessage unavailable = await _host.Client.AskAsync("HEAD", "/v2/" + path).ShouldBeAsync(HttpStatusCode.ServiceUnavailable);
        _store.Before = static (_, _) => throw new TimeoutException();
        HttpResponseMessage failed = await _host.Client.AskAsync("HEAD", "/v2/" + path).ShouldBeAsync(HttpStatusCode.InternalServerError);

        Assert.Empty(await unavailable.BytesAsync());
        Assert.Equal("5", unavailable.Header("Retry-After"));
        Assert.Empty(await failed.BytesAsync());
    }

    [Theory]
    [Trait("Protocol", "ER2")]
    [InlineData(null, false)]
    [InlineData("bytes=5-9", false)]
    [InlineData(null, true)]
    [InlineData("bytes=5-9", true)]
    public async Task A_blob_that_cannot_be_read_is_an_error_without_the_blobs_headers(string? range, bool unavailable)
    {
        string digest = await _host.Client.PushBlobAsync("app", Images.Bytes("0123456789"));
        Exception fault = unavailable ? new StoreUnavailableException() : new IOException("/secret/path");
        _store.FailReadsAfter = 0;
        _store.ReadFault = fault;

        HttpResponseMessage response = range is null
            ? await _host.Client.FetchAsync($"/v2/app/blobs/{digest}")
            : await _host.Client.FetchAsync($"/v2/app/blobs/{digest}", ("Range", range));

        Assert.Equal(unavailable ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.NotEmpty(await response.ErrorsAsync());
        Assert.All(ContentHeaders, header => Assert.Null(response.Header(header)));
    }

    [Theory]
    [Trait("Protocol", "ER2")]
    [InlineData(null)]
    [InlineData("bytes=100-")]
    public async Task A_blob_that_breaks_off_is_never_taken_for_the_whole(string? range)
    {
        string digest = await _host.Client.PushBlobAsync("app", new byte[2_000_000]);
        _store.FailReadsAfter = 500_000;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/app/blobs/{digest}");
        if (range is not null)
        {
            request.Headers.TryAddWithoutValidation("Range", range);
        }

        using HttpResponseMessage response = await _host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        Assert.True(response.IsSuccessStatusCode);
        Assert.True(response.Content.Headers.ContentLength > 500_000);
        await Assert.ThrowsAnyAsync<Exception>(() => response.BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "ER2")]
    public async Task A_list_that_breaks_off_is_never_taken_for_the_whole()
    {
        byte[] manifest = Images.Index("");
        for (int page = 0; page < 12; page++)
        {
            string query = string.Join('&', Enumerable.Range(page * 100, 100).Select(static i => $"tag=t{i.ToString("D5", CultureInfo.InvariantCulture)}"));
            await _host.Client.PutManifestAsync("app", $"{Images.Sha256(manifest)}?{query}", manifest, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created);
        }

        int pages = 0;
        _store.Before = (operation, _) =>
        {
            // The first thousand tags are read with one key more than that.
            if (operation == "list" && ++pages > 2)
            {
                throw new IOException("/secret/path");
            }
        };

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _host.Client.FetchAsync("/v2/app/tags/list"));
    }

    [Fact]
    [Trait("Protocol", "ER2")]
    public async Task A_blob_whose_data_is_lost_is_an_error_and_not_an_empty_blob()
    {
        string digest = await _host.Client.PushBlobAsync("app", Images.Bytes("lost"));
        KeyPage data = await _store.ListAsync("data/", null, 10, TestContext.Current.CancellationToken);
        await _store.DeleteAsync(Assert.Single(data.Keys), TestContext.Current.CancellationToken);

        HttpResponseMessage response = await _host.Client.FetchAsync($"/v2/app/blobs/{digest}");

        Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.NotFound, HttpStatusCode.InternalServerError]);
        Assert.NotEmpty(await response.ErrorsAsync());
        Assert.All(ContentHeaders, header => Assert.Null(response.Header(header)));
    }

    [Theory]
    [Trait("Protocol", "ER4")]
    [InlineData("repos/app/tags/v1")]
    [InlineData("repos/app/manifests/")]
    public async Task A_record_that_is_damaged_is_500(string key)
    {
        await _host.Client.PushImageAsync("app", "v1");
        KeyPage found = await _store.ListAsync(key, null, 1, TestContext.Current.CancellationToken);
        await _store.PutAsync(found.Keys[0], Images.Bytes("garbage"), PutCondition.None, TestContext.Current.CancellationToken);

        HttpResponseMessage response = await _host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.InternalServerError);

        Assert.Equal("UNKNOWN", (await response.ErrorsAsync())[0].GetProperty("code").GetString());
        Assert.DoesNotContain("repos/", await response.TextAsync(), StringComparison.Ordinal);
    }

    private static ByteArrayContent? Body(string method) => method switch
    {
        "PUT" => new ByteArrayContent(Images.Index("")) { Headers = { { "Content-Type", Images.OciIndex } } },
        "PATCH" => new ByteArrayContent(Images.Bytes("chunk")),
        _ => null,
    };
}
