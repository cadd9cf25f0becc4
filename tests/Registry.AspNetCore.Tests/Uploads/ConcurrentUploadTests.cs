using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class ConcurrentUploadTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "P11")]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Of_chunks_for_one_place_that_come_at_once_one_is_taken(int nodes)
    {
        await using var cluster = await Cluster.StartAsync(registry, nodes);
        byte[][] chunks = [.. Enumerable.Range(0, 8).Select(static i => Enumerable.Repeat((byte)i, 400_000).ToArray())];
        string location = await registry.Client.StartUploadAsync(_repository);

        Answer[] answers = await Task.WhenAll(chunks.Select((chunk, i) => cluster[i].PatchAsync(location, chunk, "0-399999", chunked: i % 2 == 0)));

        Assert.All(answers, static answer => Assert.Contains(answer.Status, new[] { 202, 416 }));
        int taken = Array.FindIndex(answers, static answer => answer.Status == 202);
        Assert.Single(answers, static answer => answer.Status == 202);
        Assert.Equal("0-399999", await registry.Client.ReceivedAsync(location));
        var blob = new TestBlob(chunks[taken]);
        (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob);
    }

    [Fact]
    [Trait("Protocol", "P11")]
    public async Task Streams_that_come_at_once_are_appended_one_after_the_other()
    {
        const int length = 400_000;
        string location = await registry.Client.StartUploadAsync(_repository);

        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => registry.Client.PatchAsync(location, [.. Enumerable.Repeat((byte)i, length)], chunked: i % 2 == 0)));

        int taken = answers.Count(static answer => answer.Status == 202);
        Assert.All(answers, static answer => Assert.Contains(answer.Status, new[] { 202, 409, 416 }));
        Assert.Equal($"0-{(taken * length) - 1}", await registry.Client.ReceivedAsync(location));
        IEnumerable<int> ends = answers.Where(static answer => answer.Status == 202).Select(static answer => int.Parse(answer["Range"]![2..], null) + 1);
        Assert.Equal(Enumerable.Range(1, taken).Select(static i => i * length), ends.Order());
        byte[] content = [.. answers.Select(static (answer, i) => (Answer: answer, Byte: (byte)i))
            .Where(static sent => sent.Answer.Status == 202)
            .OrderBy(static sent => int.Parse(sent.Answer["Range"]![2..], null))
            .SelectMany(static sent => Enumerable.Repeat(sent.Byte, length))];
        (await registry.Client.FinishAsync(location, new TestBlob(content).Sha256)).Expect(201);
    }

    [Theory]
    [Trait("Protocol", "P11")]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_session_that_many_finish_at_once_is_finished_once(int nodes)
    {
        await using var cluster = await Cluster.StartAsync(registry, nodes);
        for (int round = 0; round < 10; round++)
        {
            TestBlob blob = TestBlob.Random(100_000);
            string location = await registry.Client.StartUploadAsync(_repository);
            (await registry.Client.PatchAsync(location, blob[..50_000])).Expect(202);

            Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => cluster[i].FinishAsync(location, blob.Sha256, blob[50_000..], "50000-99999")));

            Assert.Contains(answers, static answer => answer.Status == 201);
            Assert.All(answers, static answer => Assert.Contains(answer.Status, new[] { 201, 404, 416 }));
            await registry.Client.AssertHasAsync(_repository, blob);
            (await registry.Client.GetAsync(location)).Expect(404);
        }
    }

    [Theory]
    [Trait("Protocol", "P11")]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_comes_at_once_the_session_ends_in_one_way(int nodes)
    {
        await using var cluster = await Cluster.StartAsync(registry, nodes);
        for (int round = 0; round < 10; round++)
        {
            TestBlob blob = TestBlob.Random(300_000);
            string location = await registry.Client.StartUploadAsync(_repository);
            (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);

            Answer[] answers = await Task.WhenAll(
                cluster[0].FinishAsync(location, blob.Sha256),
                cluster[1].DeleteAsync(location),
                cluster[2].PatchAsync(location, blob[..10], "300000-300009"),
                cluster[3].GetAsync(location));

            Assert.All(answers, static answer => Assert.InRange(answer.Status, 200, 499));
            if (answers[0].Status == 201)
            {
                Assert.Equal(404, answers[1].Status);
                await registry.Client.AssertHasAsync(_repository, blob);
            }
            else
            {
                await registry.Client.AssertHasNotAsync(_repository, blob.Sha256);
            }
        }
    }

    [Fact]
    [Trait("Protocol", "P11")]
    public async Task Any_node_serves_any_request_of_an_upload()
    {
        await using var cluster = await Cluster.StartAsync(registry, 3);
        foreach (string algorithm in new[] { "sha256", "sha512" })
        {
            TestBlob blob = TestBlob.Random(500_000);
            string location = await cluster[0].StartUploadAsync(_repository);
            for (int i = 0; i < 5; i++)
            {
                Answer answer = await cluster[i + 1].PatchAsync(location, blob[(i * 100_000)..((i + 1) * 100_000)], $"{i * 100_000}-{((i + 1) * 100_000) - 1}");
                Assert.Equal($"0-{((i + 1) * 100_000) - 1}", answer.Expect(202)["Range"]);
                Assert.Equal(answer["Range"], await cluster[i + 2].ReceivedAsync(location));
            }

            (await cluster[1].FinishAsync(location, blob.Digest(algorithm))).Expect(201);
            await cluster[2].AssertHasAsync(_repository, blob, algorithm);
            (await cluster[0].GetAsync(location)).Expect(404);
        }
    }

    [Fact]
    [Trait("Protocol", "P9")]
    public async Task A_session_can_be_asked_while_a_chunk_is_on_its_way()
    {
        TestBlob blob = TestBlob.Random(1000);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob[..400])).Expect(202);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync($"PATCH {location}", "Content-Length: 600");
        await connection.SendAsync(blob[400..900]);

        Assert.Equal("0-399", await registry.Client.ReceivedAsync(location));
        await connection.SendAsync(blob[900..]);
        Assert.Equal("0-999", (await connection.ReadAsync()).Expect(202)["Range"]);
    }

    private sealed class Cluster(RegistryHost[] hosts) : IAsyncDisposable
    {
        public RegistryClient this[int index] => new(hosts[index % hosts.Length].Client);

        public static async Task<Cluster> StartAsync(RegistryFixture registry, int nodes) =>
            new(await Task.WhenAll(Enumerable.Range(0, nodes).Select(_ => registry.StartAsync())));

        public async ValueTask DisposeAsync()
        {
            foreach (RegistryHost host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }
}

public sealed class ConcurrentUploadInMemoryTests(InMemoryRegistry registry) : ConcurrentUploadTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class ConcurrentUploadOnDiskTests(FileSystemRegistry registry) : ConcurrentUploadTests(registry), IClassFixture<FileSystemRegistry>;
