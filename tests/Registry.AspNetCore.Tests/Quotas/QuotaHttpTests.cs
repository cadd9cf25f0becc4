using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Quotas;
using Registry.AspNetCore.Tests.Feeds;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Quotas;

/// <summary>What clients hear of quotas, and when.</summary>
public sealed class QuotaHttpTests
{
    private static Task<RegistryHost> StartAsync(long? bytes = null, long? tags = null, Action<Feed>? configure = null) => FeedTests.StartAsync(registry => registry
        .AddFeed("large")
        .AddFeed("main", feed =>
        {
            feed.Quota = new StorageQuota { Bytes = bytes, Tags = tags };
            configure?.Invoke(feed);
        }));

    private static IQuotaService Service(RegistryHost host) => host.Services.GetRequiredKeyedService<IQuotaService>("");

    private static async Task<QuotaUsage> UsageAsync(RegistryHost host, string feed = "main") =>
        Assert.IsType<QuotaUsage>(await Service(host).GetUsageAsync(feed, TestContext.Current.CancellationToken));

    private static async Task AssertDeniedAsync(Task<Answer> asking, string message)
    {
        Answer answer = (await asking).Expect(403, "DENIED");
        using JsonDocument body = JsonDocument.Parse(answer.Body);
        Assert.Contains(message, body.RootElement.GetProperty("errors")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PATCH", 0)]
    [InlineData("PATCH", 300)]
    [InlineData("PUT", 0)]
    [InlineData("PUT", 300)]
    [InlineData("POST", 0)]
    public async Task An_announced_length_without_room_is_refused_before_the_body_comes(string method, int received)
    {
        await using RegistryHost host = await StartAsync(bytes: 1_000);
        var client = new RegistryClient(host.Client);
        await client.PushAsync("main/app", TestBlob.Random(400));
        string target = $"/v2/main/app/blobs/uploads/?digest={TestBlob.Empty.Sha256}";
        if (method != "POST")
        {
            string session = await client.StartUploadAsync("main/app");
            target = RegistryClient.WithDigest(session, TestBlob.Empty.Sha256);
            if (received > 0)
            {
                (await client.PatchAsync(session, new byte[received])).Expect(202);
            }
        }

        using RawHttp connection = await RawHttp.ConnectAsync(host);
        await connection.SendHeadAsync($"{method} {target}", $"Content-Length: {601 - received}", "Expect: 100-continue");

        await AssertDeniedAsync(connection.ReadAsync(), "The quota of feed 'main' is too small for this push: bytes used 400, asked for 601, allowed 1000.");
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_refused_where_the_room_ends()
    {
        await using RegistryHost host = await StartAsync(bytes: 100_000);
        var client = new RegistryClient(host.Client);
        string session = await client.StartUploadAsync("main/app");
        using RawHttp connection = await RawHttp.ConnectAsync(host);
        await connection.SendHeadAsync($"PATCH {session}", "Transfer-Encoding: chunked");
        Task<Answer> answer = connection.ReadAsync();
        byte[] piece = new byte[50_000];

        for (int sent = 0; !answer.IsCompleted && sent < 200; sent++)
        {
            await connection.SendChunkAsync(piece);
        }

        await AssertDeniedAsync(answer, "bytes used 0, asked for 100001 or more, allowed 100000.");
        Assert.Equal("0-0", await client.ReceivedAsync(session));
    }

    [Fact]
    public async Task A_blob_that_the_feed_holds_already_is_taken_whatever_is_left()
    {
        await using RegistryHost host = await StartAsync(bytes: 1_000);
        var client = new RegistryClient(host.Client);
        TestBlob blob = await client.PushAsync("main/app", TestBlob.Random(1_000));

        (await client.PostAsync($"/v2/main/other/blobs/uploads/?digest={blob.Sha256}", blob.Content)).Expect(201);
        (await client.FinishAsync(await client.StartUploadAsync("main/third"), blob.Sha256, blob.Content, chunked: true)).Expect(201);
        (await client.PostAsync($"/v2/main/fourth/blobs/uploads/?mount={blob.Sha256}&from=main/app")).Expect(201);

        Assert.Equal(1_000, (await UsageAsync(host)).UsedBytes);
        (await client.PostAsync($"/v2/main/app/blobs/uploads/?digest={TestBlob.Of("1").Sha256}", "1"u8.ToArray())).Expect(403, "DENIED");
    }

    [Fact]
    public async Task What_came_in_pieces_is_refused_when_it_is_finished_and_taken_once_there_is_room()
    {
        await using RegistryHost host = await StartAsync(bytes: 1_000);
        var client = new RegistryClient(host.Client);
        TestBlob one = TestBlob.Random(600);
        TestBlob two = TestBlob.Random(600);
        string first = await client.StartUploadAsync("main/app");
        string second = await client.StartUploadAsync("main/app");
        (await client.PatchAsync(first, one.Content)).Expect(202);
        (await client.PatchAsync(second, two.Content)).Expect(202);
        (await client.FinishAsync(first, one.Sha256)).Expect(201);

        await AssertDeniedAsync(client.FinishAsync(second, two.Sha256), "bytes used 600, asked for 600, allowed 1000.");
        await client.AssertHasNotAsync("main/app", two.Sha256);
        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed("main") { Quota = new StorageQuota { Bytes = 1_200 } });
        (await client.FinishAsync(second, two.Sha256)).Expect(201);
    }

    [Fact]
    public async Task A_mount_from_another_feed_without_room_is_refused()
    {
        await using RegistryHost host = await StartAsync(bytes: 99);
        var client = new RegistryClient(host.Client);
        TestBlob blob = await client.PushAsync("large/app", TestBlob.Random(100));

        await AssertDeniedAsync(client.PostAsync($"/v2/main/app/blobs/uploads/?mount={blob.Sha256}&from=large/app"), "bytes used 0, asked for 100, allowed 99.");
        await client.AssertHasNotAsync("main/app", blob.Sha256);
        Assert.Null(await Service(host).GetUsageAsync("large", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Tags_are_refused_one_above_the_limit_and_may_be_moved_at_it()
    {
        await using RegistryHost host = await StartAsync(tags: 2);
        var client = new RegistryClient(host.Client);
        TestBlob manifest = await client.PushImageAsync("main/app", "one");
        await client.PushImageAsync("main/app", "two", manifest);

        await AssertDeniedAsync(
            client.SendAsync("PUT", "/v2/main/app/manifests/three", manifest.Content, headers: ("Content-Type", MinimalImage.MediaType)),
            "The quota of feed 'main' is too small for this push: tags used 2, asked for 1, allowed 2.");

        await client.PushImageAsync("main/app", "two", manifest);
        await client.PushImageAsync("main/app", manifest.Sha256, manifest);
        (await client.DeleteAsync("/v2/main/app/manifests/one")).Expect(202);
        await client.PushImageAsync("main/app", "three", manifest);
        Assert.Equal(2, (await UsageAsync(host)).UsedTags);
    }

    [Fact]
    public async Task A_limit_that_is_lowered_refuses_what_is_new_and_no_pull()
    {
        await using RegistryHost host = await StartAsync(bytes: 10_000);
        var client = new RegistryClient(host.Client);
        TestBlob manifest = await client.PushImageAsync("main/app", "one");
        TestBlob blob = await client.PushAsync("main/app", TestBlob.Random(100));

        host.Services.GetRequiredKeyedService<HostFeeds>("").Set(new Feed("main") { Aliases = { "shown" }, Quota = new StorageQuota { Bytes = 10 } });

        await AssertDeniedAsync(client.PostAsync($"/v2/shown/app/blobs/uploads/?digest={TestBlob.Of("1").Sha256}", "1"u8.ToArray()), "The quota of feed 'shown' is too small");
        (await client.GetAsync("/v2/shown/app/manifests/one")).Expect(200);
        await client.AssertHasAsync("shown/app", blob);
        (await client.HeadAsync($"/v2/shown/app/blobs/{blob.Sha256}")).Expect(200);
        await client.PushImageAsync("shown/app", "two", manifest);
        QuotaUsage usage = await UsageAsync(host);
        Assert.Equal((10, null), (usage.AllowedBytes, usage.AllowedTags));
        Assert.True(usage.UsedBytes > 100);
    }

    [Fact]
    public async Task Each_repository_that_a_pattern_matches_has_the_limit_for_itself()
    {
        await using RegistryHost host = await StartAsync(configure: static feed =>
        {
            feed.RepositoryQuotas["team-*"] = new StorageQuota { Bytes = 200, Tags = 1 };
            feed.RepositoryQuotas["team-a/*"] = new StorageQuota { Bytes = 100 };
        });
        var client = new RegistryClient(host.Client);

        await client.PushAsync("main/team-a/app", TestBlob.Random(100));
        await client.PushAsync("main/team-a/other", TestBlob.Random(100));
        await client.PushAsync("main/team-b/app", TestBlob.Random(200));
        await client.PushAsync("main/else", TestBlob.Random(1_000));

        await AssertDeniedAsync(
            client.PostAsync($"/v2/main/team-a/app/blobs/uploads/?digest={TestBlob.Of("1").Sha256}", "1"u8.ToArray()),
            "The quota of each repository like 'team-a/*' is too small for this push: bytes used 100, asked for 1, allowed 100.");
        QuotaUsage usage = Assert.IsType<QuotaUsage>(await Service(host).GetUsageAsync("main", "team-a/app", TestContext.Current.CancellationToken));
        Assert.Equal((100L, 100L, 0L, 1L), (usage.UsedBytes, usage.AllowedBytes, usage.UsedTags, usage.AllowedTags));
        Assert.Null(await Service(host).GetUsageAsync("main", "else", TestContext.Current.CancellationToken));
        Assert.Null(await Service(host).GetUsageAsync("main", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_was_there_before_the_quota_is_counted_by_itself()
    {
        var store = new InMemoryObjectStore(TimeProvider.System);
        Task<RegistryHost> OpenAsync(StorageQuota? quota) => RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry().AddStorage(_ => store.Share()).AllowAnonymous().AddDefaultFeed(feed => feed.Quota = quota),
            static app => app.MapDockerRegistry());
        await using (RegistryHost before = await OpenAsync(null))
        {
            await new RegistryClient(before.Client).PushAsync("app", TestBlob.Random(1_000));
        }

        await using RegistryHost host = await OpenAsync(new StorageQuota { Bytes = 1_000 });
        await Eventually.IsAsync(async () => (await UsageAsync(host, "")).Verified is not null);

        Assert.Equal(1_000, (await UsageAsync(host, "")).UsedBytes);
        await AssertDeniedAsync(
            new RegistryClient(host.Client).PostAsync($"/v2/app/blobs/uploads/?digest={TestBlob.Of("1").Sha256}", "1"u8.ToArray()), "The quota of this registry is too small for this push");
        Assert.Equal(1, (await Service(host).VerifyAsync(TestContext.Current.CancellationToken)).Verified);
    }

    [Fact]
    public async Task Quotas_come_from_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Feeds:main:Quota:Bytes"] = "1000",
            ["Feeds:main:Quota:Tags"] = "",
            ["Feeds:main:RepositoryQuotas:team/*:Tags"] = "7",
        }).Build();
        await using RegistryHost host = await FeedTests.StartAsync(registry => registry.AddFeeds(configuration.GetSection("Feeds")));

        Feed feed = Assert.Single(host.Services.GetRequiredKeyedService<HostFeeds>("").Feeds);

        Assert.Equal((1_000, null), (feed.Quota!.Bytes, feed.Quota.Tags));
        Assert.Equal((null, 7), (feed.RepositoryQuotas["team/*"].Bytes, feed.RepositoryQuotas["team/*"].Tags));
    }

    [Fact]
    public async Task Configuration_that_cannot_be_read_stops_the_start_and_all_of_it_is_named()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Feeds:main:Quota:Bytes"] = "much",
            ["Feeds:main:Quota:Files"] = "7",
            ["Feeds:main:RepositoryQuotas:team/*:Tags"] = "1.5",
        }).Build();

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => FeedTests.StartAsync(registry => registry.AddFeeds(configuration.GetSection("Feeds"))));

        Assert.Contains("'Feeds:main:Quota:Bytes' is 'much', which is no number of bytes.", e.Message, StringComparison.Ordinal);
        Assert.Contains("'Feeds:main:Quota:Files' is no setting of a quota.", e.Message, StringComparison.Ordinal);
        Assert.Contains("'Feeds:main:RepositoryQuotas:team/*:Tags' is '1.5', which is no number of tags.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_that_are_out_of_their_range_stop_the_start_and_all_of_them_are_named()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(-1, -2, static feed =>
        {
            feed.RepositoryQuotas["Team"] = new StorageQuota { Bytes = -3 };
            feed.RepositoryQuotas["none"] = new StorageQuota();
        }));

        Assert.Contains("Quota.Bytes of feed 'main' is -1; it must be 0 or more", e.Message, StringComparison.Ordinal);
        Assert.Contains("Quota.Tags of feed 'main' is -2; it must be 0 or more", e.Message, StringComparison.Ordinal);
        Assert.Contains("RepositoryQuotas['Team'].Bytes of feed 'main' is -3; it must be 0 or more", e.Message, StringComparison.Ordinal);
        Assert.Contains("'Team' in RepositoryQuotas of feed 'main'", e.Message, StringComparison.Ordinal);
        Assert.Contains("sets no limit for 'none'", e.Message, StringComparison.Ordinal);
    }
}
