using System.Net;
using Registry.AspNetCore.Tests.Testing;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.Blobs;

/// <summary>Pulls that are sent on to the store.</summary>
public sealed class BlobRedirectTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private const int Large = 100_000;

    private readonly string _repository = RegistryFixture.NewRepository();

    private Task<RegistryHost> StartAsync(Action<BlobRedirectOptions>? configure = null) =>
        registry.StartAsync(options => configure?.Invoke(options.BlobRedirects), static store => new AddressingStore(store));

    private async Task<Answer> PullAsync(RegistryHost host, TestBlob blob, params (string Name, string Value)[] headers) =>
        await new RegistryClient(host.Client).GetAsync($"/v2/{_repository}/blobs/{blob.Sha256}", headers);

    [Fact]
    [Trait("Protocol", "B14")]
    public async Task A_pull_is_sent_on_with_the_digest_and_without_a_body()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(Large));
        await using RegistryHost host = await StartAsync(static options => options.Lifetime = TimeSpan.FromMinutes(3));

        Answer answer = (await PullAsync(host, blob)).Expect(307);

        Assert.StartsWith("https://objects.example/data/", answer.Location, StringComparison.Ordinal);
        Assert.EndsWith("?signed=180", answer.Location, StringComparison.Ordinal);
        Assert.Equal(blob.Sha256, answer["Docker-Content-Digest"]);
        Assert.Equal("0", answer["Content-Length"]);
        Assert.Equal("no-store", answer["Cache-Control"]);
        Assert.Empty(answer.Body);
    }

    [Fact]
    [Trait("Protocol", "B14")]
    public async Task A_client_of_the_first_version_of_http_gets_a_status_that_it_knows()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(Large));
        await using RegistryHost host = await StartAsync();
        using RawHttp connection = await RawHttp.ConnectAsync(host);

        await connection.SendAsync($"GET /v2/{_repository}/blobs/{blob.Sha256} HTTP/1.0\r\nHost: {host.Address.Authority}\r\n\r\n");

        Assert.Equal(302, (await connection.ReadAsync(toHead: true)).Status);
    }

    [Fact]
    [Trait("Protocol", "B14")]
    public async Task One_part_is_sent_on_and_several_are_answered_here()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(Large));
        await using RegistryHost host = await StartAsync();

        (await PullAsync(host, blob, ("Range", "bytes=10-19"))).Expect(307);
        (await PullAsync(host, blob, ("Range", "bytes=10-19,30-39"))).Expect(206);
        (await PullAsync(host, blob, ("Range", $"bytes={Large}-"))).Expect(416);
    }

    [Fact]
    [Trait("Protocol", "B14")]
    public async Task A_look_is_answered_here()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(Large));
        await using RegistryHost host = await StartAsync();

        Answer head = (await new RegistryClient(host.Client).HeadAsync($"/v2/{_repository}/blobs/{blob.Sha256}")).Expect(200);
        Answer unchanged = await PullAsync(host, blob, ("If-None-Match", $"\"{blob.Sha256}\""));

        Assert.Equal($"{Large}", head["Content-Length"]);
        unchanged.Expect(304);
    }

    [Fact]
    public async Task What_the_repository_does_not_have_is_not_sent_on()
    {
        TestBlob blob = await registry.Client.PushAsync(RegistryFixture.NewRepository(), TestBlob.Random(Large));
        await using RegistryHost host = await StartAsync();

        (await PullAsync(host, blob)).Expect(404, "BLOB_UNKNOWN");
    }

    [Fact]
    public async Task Small_blobs_are_answered_here()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(1_000));
        await using RegistryHost small = await StartAsync();
        await using RegistryHost all = await StartAsync(static options => options.MinBytes = 0);

        Assert.Equal(blob.Content, (await PullAsync(small, blob)).Expect(200).Body);
        (await PullAsync(all, blob)).Expect(307);
    }

    public static TheoryData<string> Exceptions => ["off", "network", "rule", "store"];

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task Exceptions_are_answered_here(string exception)
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(Large));
        await using RegistryHost host = await StartAsync(options =>
        {
            options.Enabled = exception != "off";
            options.Except = exception == "rule" ? static context => context.Request.Headers.UserAgent.Count == 0 : null;
            options.ExceptNetworks.Add(IPNetwork.Parse("10.0.0.0/8"));
            if (exception == "network")
            {
                options.ExceptNetworks.Add(IPNetwork.Parse("127.0.0.0/8"));
            }

            if (exception == "store")
            {
                options.Lifetime = AddressingStore.TooLong;
            }
        });

        Assert.Equal(blob.Content, (await PullAsync(host, blob)).Expect(200).Body);
    }

    [Fact]
    public async Task Wrong_settings_stop_the_start_all_at_once()
    {
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(static options =>
        {
            options.Lifetime = TimeSpan.FromDays(8);
            options.MinBytes = -1;
        }));

        Assert.Contains("BlobRedirects.Lifetime is 8.00:00:00; it must be from 1 minute to 7 days.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("BlobRedirects.MinBytes is -1; it must be 0 or more.", refused.Message, StringComparison.Ordinal);
    }

    private sealed class AddressingStore(IObjectStore inner) : ProxyStore(inner), IDownloadUrls
    {
        public static TimeSpan TooLong { get; } = TimeSpan.FromDays(7);

        public ValueTask<Uri?> GetDownloadUrlAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken) =>
            new(lifetime == TooLong ? null : new Uri($"https://objects.example/{key}?signed={lifetime.TotalSeconds:0}"));
    }
}
