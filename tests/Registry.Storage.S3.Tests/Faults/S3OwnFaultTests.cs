using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Amazon.Runtime;
using Registry.TestServers.Ceph;
using Registry.TestServers.Faults;
using Registry.TestServers.Processes;

namespace Registry.Storage.S3.Faults;

/// <summary>What goes wrong with S3 alone, or is mended by what the S3 store alone has.</summary>
public sealed class S3OwnFaultTests(CephBucketFixture fixture) : IClassFixture<CephBucketFixture>, IAsyncLifetime
{
    private const int MiB = 1024 * 1024;

    private readonly string key = $"own-{Guid.NewGuid():N}";
    private FaultProxy? proxy;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FaultProxy Proxy => proxy!;

    public async ValueTask InitializeAsync() => proxy = FaultProxy.Start((await fixture.RequireAsync(Cancel)).Address);

    public async ValueTask DisposeAsync()
    {
        if (proxy is not null)
        {
            await proxy.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("get")]
    [InlineData("put")]
    [InlineData("put if absent")]
    [InlineData("upload")]
    public async Task A_clock_that_is_wrong_is_set_by_the_servers_and_the_request_comes_through(string operation)
    {
        using S3ObjectStore store = await OpenAsync(TimeProvider.System);
        DateTimeOffset serverTime = DateTimeOffset.UtcNow.AddMinutes(10);
        Proxy.Inject(Skewed(serverTime), static request => request.Path.Contains("/o/own-", StringComparison.Ordinal) && request.Method is "GET" or "PUT");

        switch (operation)
        {
            case "get":
                Assert.Null(await store.GetAsync(key, Cancel));
                break;
            case "upload":
                await using (ObjectAppender? appender = await store.OpenAppendAsync(await store.BeginUploadAsync(key, Cancel), Cancel))
                {
                    await appender!.WriteAsync(new byte[100], Cancel);
                    Assert.Equal(key, await appender.CompleteAsync(Cancel));
                }

                break;
            default:
                Assert.True((await store.PutAsync(key, new byte[100], operation == "put" ? PutCondition.None : PutCondition.IfAbsent, Cancel)).Succeeded);
                break;
        }

        Assert.Equal(1, Proxy.Count(FaultKind.Answer));
        Assert.Contains(Proxy.Requests, request => DateTimeOffset.ParseExact(
            request.Header("X-Amz-Date")!, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) is var signed && signed > serverTime.AddMinutes(-2));
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_left_alone_for_a_while_and_then_tried_again()
    {
        var time = new ManualTime();
        using S3ObjectStore store = await OpenAsync(time, retries: 0);
        Proxy.Rule = static _ => Fault.Answer(CannedAnswer.S3(503, "SlowDown"));

        StoreUnavailableException busy = await UnavailableAsync(store);
        Assert.Equal(TimeSpan.FromSeconds(1), busy.RetryAfter);
        for (int i = 0; i < 2; i++)
        {
            await UnavailableAsync(store);
        }

        int asked = Proxy.Count(FaultKind.Answer);
        Assert.Equal(3, asked);
        StoreUnavailableException refused = await UnavailableAsync(store);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PutAsync(key, new byte[1], PutCondition.IfAbsent, Cancel).AsTask());
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5));
        Assert.Equal(asked, Proxy.Count(FaultKind.Answer));

        time.Advance(TimeSpan.FromSeconds(5));
        await UnavailableAsync(store);
        Assert.Equal(asked + 1, Proxy.Count(FaultKind.Answer));
        await UnavailableAsync(store);
        Assert.Equal(asked + 1, Proxy.Count(FaultKind.Answer));

        time.Advance(TimeSpan.FromSeconds(5));
        Proxy.Rule = static _ => null;
        Assert.Null(await store.GetAsync(key, Cancel));
        Assert.True((await store.PutAsync(key, new byte[1], PutCondition.IfAbsent, Cancel)).Succeeded);
    }

    [Fact]
    public async Task A_download_in_which_nothing_comes_for_a_minute_is_gone_on_with_on_another_connection()
    {
        byte[] content = new byte[4_000_000];
        new Random(1).NextBytes(content);
        var time = new ManualTime();
        using S3ObjectStore store = await OpenAsync(time);
        await store.PutAsync(key, content, PutCondition.None, Cancel);
        Proxy.Inject(Fault.StallAnswer(1_000_000), request => request.Method == "GET" && request.Path.EndsWith(key, StringComparison.Ordinal));
        await using ObjectContent? read = await store.OpenReadAsync(key, 0, null, Cancel);
        byte[] bytes = new byte[content.Length];

        await read!.Stream.ReadExactlyAsync(bytes.AsMemory(0, 1_000_000), Cancel);
        Task rest = read.Stream.ReadExactlyAsync(bytes.AsMemory(1_000_000), Cancel).AsTask();
        await Eventually.HoldsAsync(_ => Task.FromResult(Proxy.Count(FaultKind.StallAnswer) == 1), TimeSpan.FromSeconds(30), () => "nothing stalls", Cancel);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(rest.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        await rest;

        Assert.Equal(content, bytes);
    }

    [Fact]
    public async Task A_put_that_nobody_answered_and_that_another_replaced_since_was_done()
    {
        using S3ObjectStore other = CephBucketFixture.Open(fixture.Options);
        SmallObject? second = null;

        PutResult result = await PutUnansweredAsync(other, async () =>
        {
            second = await other.GetAsync(key, Cancel);
            Assert.True((await other.PutAsync(key, "third"u8.ToArray(), PutCondition.IfMatch(second!.ETag), Cancel)).Succeeded);
        });

        Assert.Equal(second!.ETag, result.ETag);
        Assert.Equal(1, Proxy.Count(FaultKind.AnswerAfterwards));
        Assert.Equal("third"u8.ToArray(), (await other.GetAsync(key, Cancel))!.Content);
    }

    [Fact]
    public async Task A_put_that_nobody_answered_and_that_others_replaced_twice_is_left_open()
    {
        using S3ObjectStore other = CephBucketFixture.Open(fixture.Options);

        Task<PutResult> put = PutUnansweredAsync(other, async () =>
        {
            foreach (string next in (string[])["third", "fourth"])
            {
                SmallObject? there = await other.GetAsync(key, Cancel);
                Assert.True((await other.PutAsync(key, System.Text.Encoding.ASCII.GetBytes(next), PutCondition.IfMatch(there!.ETag), Cancel)).Succeeded);
            }
        });

        await Assert.ThrowsAsync<StoreUnavailableException>(() => put);
    }

    [Fact]
    public async Task A_start_up_that_meets_faults_finds_the_server_as_it_is()
    {
        int number = 0;
        Proxy.Rule = request => request.Path.Contains("/u/probe/", StringComparison.Ordinal) && Interlocked.Increment(ref number) % 7 == 0 ? Fault.LoseAnswer : null;
        for (int i = 0; i < 4; i++)
        {
            using S3ObjectStore store = await OpenAsync(TimeProvider.System);
            await store.ProbeAsync(Cancel);
        }

        Assert.True(Proxy.Count(FaultKind.LoseAnswer) > 4);
    }

    [Fact]
    public async Task The_first_token_of_a_large_upload_is_refused_once_that_is_complete()
    {
        using S3ObjectStore store = CephBucketFixture.Open(fixture.Options);
        UploadToken begun = await store.BeginUploadAsync(key, Cancel);
        string? completed;
        await using (ObjectAppender? appender = await store.OpenAppendAsync(begun, Cancel))
        {
            await appender!.WriteAsync(new byte[9 * MiB], Cancel);
            completed = await appender.CompleteAsync(Cancel);
        }

        Assert.NotEqual(key, completed);
        Assert.Null(await store.OpenAppendAsync(begun, Cancel));
        Assert.Null(await store.CompleteUploadAsync(begun, Cancel));
        Assert.Equal([completed!], (await store.ListAsync(key, null, 10, Cancel)).Keys);
    }

    [Fact]
    public async Task A_multipart_upload_whose_last_part_fails_for_good_is_removed_with_its_appender()
    {
        using S3ObjectStore store = await OpenAsync(TimeProvider.System, retries: 0);
        UploadToken begun = await store.BeginUploadAsync(key, Cancel);
        await using (ObjectAppender? appender = await store.OpenAppendAsync(begun, Cancel))
        {
            await appender!.WriteAsync(new byte[9 * MiB], Cancel);
            Proxy.Inject(Fault.Answer(CannedAnswer.S3(503, "SlowDown")), static request => request.Query.Contains("partNumber=2", StringComparison.Ordinal), times: int.MaxValue);
            await Assert.ThrowsAsync<StoreUnavailableException>(() => appender.CompleteAsync(Cancel).AsTask());
        }

        Assert.NotEqual(0, Proxy.Count(FaultKind.Answer));
        var request = new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = fixture.Bucket, Prefix = $"reg/o/{key}" };
        Assert.Empty((await fixture.Client.ListMultipartUploadsAsync(request, Cancel)).MultipartUploads ?? []);
    }

    [Fact]
    public async Task A_multipart_upload_whose_beginning_nobody_answered_is_left_to_whoever_lists_unfinished_ones()
    {
        using S3ObjectStore store = await OpenAsync(TimeProvider.System);
        UploadToken begun = await store.BeginUploadAsync(key, Cancel);
        Proxy.Inject(Fault.LoseAnswer, static request => request.Method == "POST" && request.Query == "uploads");
        string? completed;
        await using (ObjectAppender? appender = await store.OpenAppendAsync(begun, Cancel))
        {
            await appender!.WriteAsync(new byte[9 * MiB], Cancel);
            completed = await appender.CompleteAsync(Cancel);
        }

        Assert.Equal(1, Proxy.Count(FaultKind.LoseAnswer));
        UnfinishedUpload left = Assert.Single((await store.ListUnfinishedAsync(key, null, 10, Cancel)).Uploads);
        Assert.Equal(key, left.Key);

        await store.AbortUploadAsync(left.Token, Cancel);

        Assert.Empty((await store.ListUnfinishedAsync(key, null, 10, Cancel)).Uploads);
        Assert.Equal([completed!], (await store.ListAsync(key, null, 10, Cancel)).Keys);
    }

    // What a load balancer says that heard nothing from the server behind it. A reset would be repeated by the HTTP client itself, unseen.
    private static CannedAnswer Gateway => new(504, "");

    private static Fault Skewed(DateTimeOffset serverTime) =>
        Fault.Answer(CannedAnswer.S3(403, "RequestTimeTooSkewed", ("Date", serverTime.ToString("R", CultureInfo.InvariantCulture))));

    private async ValueTask<S3ObjectStore> OpenAsync(TimeProvider time, int retries = 3)
    {
        S3ObjectStoreOptions options = fixture.Options;
        options.ServiceUrl = Proxy.Address;
        options.MaxRetries = retries;
        options.CircuitFailures = 3;
        var store = new S3ObjectStore(S3Clients.Make(options, new BasicAWSCredentials(CephServer.AccessKey, CephServer.SecretKey)), options, time, NullLogger.Instance);
        await store.ProbeAsync(Cancel);
        return store;
    }

    private async Task<StoreUnavailableException> UnavailableAsync(S3ObjectStore store) =>
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.GetAsync(key, Cancel).AsTask());

    // A put whose answer is lost, and whose look at what came of it waits until others have written.
    private async Task<PutResult> PutUnansweredAsync(S3ObjectStore other, Func<Task> meanwhile)
    {
        using S3ObjectStore store = await OpenAsync(TimeProvider.System);
        string first = (await other.PutAsync(key, "first"u8.ToArray(), PutCondition.None, Cancel)).ETag!;
        var written = new TaskCompletionSource();
        int step = 0;
        Proxy.Rule = request => !request.Path.EndsWith(key, StringComparison.Ordinal) ? null
            : request.Method == "PUT" && Interlocked.CompareExchange(ref step, 1, 0) == 0 ? Fault.AnswerAfterwards(Gateway)
            : request.Method == "HEAD" && Interlocked.CompareExchange(ref step, 2, 1) == 1 ? Fault.HoldRequest(written.Task)
            : null;

        Task<PutResult> put = store.PutAsync(key, "second"u8.ToArray(), PutCondition.IfMatch(first), Cancel).AsTask();
        await Eventually.HoldsAsync(_ => Task.FromResult(Proxy.Count(FaultKind.HoldRequest) == 1), TimeSpan.FromSeconds(30), () => "the put is not looked at", Cancel);
        await meanwhile();
        written.SetResult();
        return await put;
    }
}
