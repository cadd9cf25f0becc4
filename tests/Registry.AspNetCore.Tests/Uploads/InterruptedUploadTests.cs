using Microsoft.AspNetCore.Builder;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class InterruptedUploadTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    // A host whose store writes only when it is let, and what ends when a request of it is aborted.
    private async Task<(RegistryHost Host, GatedStore Store, Task Aborted)> StartGatedAsync()
    {
        GatedStore? store = null;
        var aborted = new TaskCompletionSource();
        RegistryHost host = await registry.StartAsync(
            wrap: inner => store = new GatedStore(inner),
            before: app => app.Use((context, next) =>
            {
                context.RequestAborted.Register(aborted.SetResult);
                return next(context);
            }));
        return (host, store!, aborted.Task);
    }

    [Theory]
    [Trait("Protocol", "P8")]
    [InlineData("sha256", "Content-Length: 1000000", 0)]
    [InlineData("sha256", "Content-Length: 1000000", 1)]
    [InlineData("sha256", "Content-Length: 1000000", 700_000)]
    [InlineData("sha512", "Content-Length: 1000000", 700_000)]
    [InlineData("sha256", "Transfer-Encoding: chunked", 0)]
    [InlineData("sha256", "Transfer-Encoding: chunked", 700_000)]
    [InlineData("sha256", "Content-Length: 1000000\r\nContent-Range: 0-999999", 700_000)]
    [InlineData("sha256", "Transfer-Encoding: chunked\r\nContent-Range: 0-999999", 700_000)]
    public async Task An_upload_goes_on_where_a_broken_connection_left_it(string algorithm, string headers, int sent)
    {
        TestBlob blob = TestBlob.Random(1_000_000);
        string location = await registry.Client.StartUploadAsync(_repository);
        using (RawHttp connection = await RawHttp.ConnectAsync(registry.Host))
        {
            await connection.SendHeadAsync($"PATCH {location}", headers);
            if (sent > 0)
            {
                await (headers.Contains("chunked", StringComparison.Ordinal) ? connection.SendChunkAsync(blob[..sent]) : connection.SendAsync(blob[..sent]));
            }

            connection.Break();
        }

        await registry.Client.ResumeAsync(location, blob);

        (await registry.Client.FinishAsync(location, blob.Digest(algorithm))).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob, algorithm);
    }

    [Theory]
    [Trait("Protocol", "P8")]
    [InlineData("Content-Length: 1000000", 1)]
    [InlineData("Transfer-Encoding: chunked", 1)]
    [InlineData("Content-Length: 1000000", 100_000)]
    [InlineData("Transfer-Encoding: chunked", 100_000)]
    [InlineData("Content-Length: 1000000", 700_000)]
    [InlineData("Transfer-Encoding: chunked", 700_000)]
    public async Task What_was_received_before_the_connection_broke_is_kept(string header, int sent)
    {
        CountingStream? body = null;
        RegistryHost host = await registry.StartAsync(before: app => app.Use((context, next) =>
        {
            context.Request.Body = body = new CountingStream(context.Request.Body);
            return next(context);
        }));
        await using (host)
        {
            TestBlob blob = TestBlob.Random(1_000_000);
            string location = await registry.Client.StartUploadAsync(_repository);
            using RawHttp connection = await RawHttp.ConnectAsync(host);
            await connection.SendHeadAsync($"PATCH {location}", header);
            await (header.Contains("chunked", StringComparison.Ordinal) ? connection.SendChunkAsync(blob[..sent]) : connection.SendAsync(blob[..sent]));
            await Eventually.IsAsync(() => Task.FromResult(body?.Count == sent));

            connection.Break();

            // One byte looks like none.
            await (sent == 1
                ? Eventually.IsAsync(async () => (await registry.Client.PatchAsync(location, blob[1..], "1-999999")).Status == 202)
                : Eventually.IsAsync(async () => await registry.Client.ReceivedAsync(location) == $"0-{sent - 1}"));
            await registry.Client.ResumeAsync(location, blob);
            (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
        }
    }

    [Theory]
    [Trait("Protocol", "P8")]
    [InlineData("Content-Length: 1000000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task A_connection_that_breaks_while_the_store_is_slow_loses_nothing_that_was_being_written(string header)
    {
        (RegistryHost host, GatedStore store, Task aborted) = await StartGatedAsync();
        await using (host)
        {
            TestBlob blob = TestBlob.Random(1_000_000);
            string location = await registry.Client.StartUploadAsync(_repository);
            using RawHttp connection = await RawHttp.ConnectAsync(host);
            await connection.SendHeadAsync($"PATCH {location}", header);
            await (header.Contains("chunked", StringComparison.Ordinal) ? connection.SendChunkAsync(blob[..400_000]) : connection.SendAsync(blob[..400_000]));
            await store.WaitForWriteAsync();

            connection.Break();
            await aborted.WaitAsync(TestContext.Current.CancellationToken);
            store.Open();

            await Eventually.IsAsync(async () => await registry.Client.ReceivedAsync(location) != "0-0");
            await registry.Client.ResumeAsync(location, blob);
            (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
        }
    }

    [Fact]
    [Trait("Protocol", "P8")]
    public async Task A_chunk_that_arrived_whole_counts_though_its_answer_was_lost()
    {
        (RegistryHost host, GatedStore store, Task aborted) = await StartGatedAsync();
        await using (host)
        {
            TestBlob blob = TestBlob.Random(1000);
            string location = await registry.Client.StartUploadAsync(_repository);
            using RawHttp connection = await RawHttp.ConnectAsync(host);
            await connection.SendHeadAsync($"PATCH {location}", "Content-Length: 1000");
            await connection.SendAsync(blob.Content);
            await store.WaitForWriteAsync();

            connection.Break();
            await aborted.WaitAsync(TestContext.Current.CancellationToken);
            store.Open();

            await Eventually.IsAsync(async () => await registry.Client.ReceivedAsync(location) == "0-999");
            (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
        }
    }

    [Theory]
    [Trait("Protocol", "P8")]
    [Trait("Protocol", "X4")]
    [InlineData("zz\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("5\r\nabcdefgh\r\n")]
    [InlineData("ffffffffffffffffff\r\n")]
    [InlineData("\r\n")]
    public async Task A_chunk_that_is_none_is_refused_and_the_session_stays_usable(string garbage)
    {
        TestBlob blob = TestBlob.Random(1000);
        string location = await registry.Client.StartUploadAsync(_repository);
        using (RawHttp connection = await RawHttp.ConnectAsync(registry.Host))
        {
            await connection.SendHeadAsync($"PATCH {location}", "Transfer-Encoding: chunked");
            await connection.SendChunkAsync(blob[..100]);
            await connection.SendAsync(garbage);

            Assert.Equal(400, (await connection.ReadAsync()).Status);
            Assert.True(await connection.IsEndedByServerAsync());
        }

        await registry.Client.ResumeAsync(location, blob);
        (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob);
    }

    [Theory]
    [Trait("Protocol", "P8")]
    [InlineData(0, "sha256", "Content-Length: 1000000")]
    [InlineData(0, "sha512", "Content-Length: 1000000")]
    [InlineData(1000, "sha256", "Transfer-Encoding: chunked")]
    [InlineData(1000, "sha512", "Content-Length: 1000000")]
    public async Task A_closing_put_that_breaks_leaves_the_session_usable(int received, string algorithm, string header)
    {
        TestBlob blob = TestBlob.Random(1_001_000);
        string location = await registry.Client.StartUploadAsync(_repository);
        if (received > 0)
        {
            (await registry.Client.PatchAsync(location, blob[..received])).Expect(202);
        }

        using (RawHttp connection = await RawHttp.ConnectAsync(registry.Host))
        {
            await connection.SendHeadAsync($"PUT {location}?digest={blob.Digest(algorithm)}", header);
            byte[] part = blob[received..(received + 600_000)];
            await (header.Contains("chunked", StringComparison.Ordinal) ? connection.SendChunkAsync(part) : connection.SendAsync(part));
            connection.Break();
        }

        await registry.Client.AssertHasNotAsync(_repository, blob.Digest(algorithm));
        await registry.Client.ResumeAsync(location, blob);
        (await registry.Client.FinishAsync(location, blob.Digest(algorithm))).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob, algorithm);
    }

    [Theory]
    [Trait("Protocol", "P8")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task An_upload_goes_on_after_a_restart(string algorithm)
    {
        TestBlob blob = TestBlob.Random(900_000);
        string location;
        RegistryHost before = await registry.StartAsync();
        await using (before)
        {
            var client = new RegistryClient(before.Client);
            location = await client.StartUploadAsync(_repository);
            (await client.PatchAsync(location, blob[..300_000])).Expect(202);
        }

        RegistryHost after = await registry.StartAsync();
        await using (after)
        {
            var client = new RegistryClient(after.Client);
            Assert.Equal("0-299999", await client.ReceivedAsync(location));
            (await client.PatchAsync(location, blob[300_000..600_000], "300000-599999")).Expect(202);
            (await client.FinishAsync(location, blob.Digest(algorithm), blob[600_000..])).Expect(201);
            await client.AssertHasAsync(_repository, blob, algorithm);
        }
    }

    [Fact]
    [Trait("Protocol", "P8")]
    public async Task Content_of_another_digest_is_refused_after_a_restart()
    {
        TestBlob blob = TestBlob.Random(1000);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob[..500])).Expect(202);
        RegistryHost after = await registry.StartAsync();
        await using (after)
        {
            var client = new RegistryClient(after.Client);
            (await client.PatchAsync(location, blob[500..])).Expect(202);

            (await client.FinishAsync(location, TestBlob.Random(1000).Sha256)).Expect(400, "DIGEST_INVALID");

            (await client.GetAsync(location)).Expect(404);
            await client.AssertHasNotAsync(_repository, blob.Sha256);
        }
    }
}

public sealed class InterruptedUploadInMemoryTests(InMemoryRegistry registry) : InterruptedUploadTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class InterruptedUploadOnDiskTests(FileSystemRegistry registry) : InterruptedUploadTests(registry), IClassFixture<FileSystemRegistry>;
