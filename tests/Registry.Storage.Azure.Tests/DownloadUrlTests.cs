using System.Net;
using System.Security.Cryptography;
using Registry.Storage.Azure.Tests.Testing;

namespace Registry.Storage.Azure.Tests;

public sealed class DownloadUrlTests(AzuriteStoreFixture fixture) : IClassFixture<AzuriteStoreFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("plain/object")]
    [InlineData("odd/a+b%2F#x?y=:~")]
    public async Task A_url_downloads_the_object_without_credentials_and_only_that(string name)
    {
        string key = $"urls/{RandomNumberGenerator.GetHexString(12, lowercase: true)}/{name}";
        byte[] content = RandomNumberGenerator.GetBytes(100_000);
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel);
        await store.PutAsync(key, content, PutCondition.None, Cancel);
        using var client = new HttpClient();

        Uri? url = await store.GetDownloadUrlAsync(key, TimeSpan.FromMinutes(10), Cancel);

        Assert.NotNull(url);
        Assert.Equal(content, await client.GetByteArrayAsync(url, Cancel));
        using HttpResponseMessage unsigned = await client.GetAsync(new Uri(url.GetLeftPart(UriPartial.Path)), Cancel);
        Assert.False(unsigned.IsSuccessStatusCode);
        using HttpResponseMessage written = await client.DeleteAsync(url, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, written.StatusCode);
    }

    [Fact]
    public async Task A_url_lives_no_longer_than_the_options_allow()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, options: new AzureBlobObjectStoreOptions { MaxDownloadUrlLifetime = TimeSpan.FromMinutes(2) });

        Uri? url = await store.GetDownloadUrlAsync("urls/object", TimeSpan.FromDays(1), Cancel);

        string? end = url?.Query.TrimStart('?').Split('&').Select(static pair => pair.Split('=')).Single(static pair => pair[0] == "se")[1];
        Assert.InRange(DateTimeOffset.Parse(Uri.UnescapeDataString(end!), null) - DateTimeOffset.UtcNow, TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task What_is_no_key_or_no_time_is_refused()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel);

        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.GetDownloadUrlAsync("a//b", TimeSpan.FromMinutes(1), Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.GetDownloadUrlAsync("a", TimeSpan.Zero, Cancel).AsTask());
    }
}
