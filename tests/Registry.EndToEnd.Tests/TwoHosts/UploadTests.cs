using System.Net;
using System.Security.Cryptography;
using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Stores;

namespace Registry.EndToEnd.Tests.TwoHosts;

/// <summary>Every request of an upload comes to the other host than the one before.</summary>
public sealed class UploadTests(TestRun run)
{
    /// <summary>Several of the parts that S3 takes, and chunks that are shorter than one.</summary>
    private const int Length = 20_500_000;

    private const int ChunkLength = 3_000_000;

    public static TheoryData<string> Stores => [ObjectStore.S3, ObjectStore.Azure];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ObjectStore.S3, UploadStyle.SinglePut, 2)]
    [InlineData(ObjectStore.S3, UploadStyle.StreamedPatch, 3)]
    [InlineData(ObjectStore.S3, UploadStyle.Chunks, 9)]
    [InlineData(ObjectStore.S3, UploadStyle.ChunksAndLastInPut, 8)]
    [InlineData(ObjectStore.Azure, UploadStyle.StreamedPatch, 3)]
    [InlineData(ObjectStore.Azure, UploadStyle.ChunksAndLastInPut, 8)]
    internal async Task A_blob_is_uploaded(string store, UploadStyle style, int requests)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        var repository = run.NewRepository("two");
        var session = new UploadSession(repository, RandomNumberGenerator.GetBytes(Length), Fuse.Never());

        await session.UploadAsync(hosts.Http.Client, style, ChunkLength, Cancelled);

        hosts.AssertAlternated(requests);
        await AssertThereAsync(hosts, repository, session.Digest, Length);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_session_tells_its_offset_after_every_chunk(string store)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        var repository = run.NewRepository("two");
        var session = new UploadSession(repository, RandomNumberGenerator.GetBytes(500_000), Fuse.Never());

        await session.StartAsync(hosts.Http.Client, Cancelled);
        foreach (var length in (int[])[1_000, 200_000, 250_000])
        {
            // Asked through both, so that the next chunk comes to a host that has not served the one before.
            await session.PatchAsync(hosts.Http.Client, length, ranged: true, Cancelled);
            foreach (var host in hosts.Both)
            {
                Assert.True(await session.AskAsync(host.Http.Client, Cancelled));
                Assert.Equal(session.Sent, session.Acknowledged);
            }
        }

        await session.CloseAsync(hosts.Http.Client, Cancelled);

        hosts.AssertAlternated(5);
        await AssertThereAsync(hosts, repository, session.Digest, 500_000);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_chunk_in_the_wrong_place_is_refused_by_a_host_that_has_seen_no_chunk(string store)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        var session = new UploadSession(run.NewRepository("two"), RandomNumberGenerator.GetBytes(3_000), Fuse.Never());
        await session.StartAsync(hosts.First.Http.Client, Cancelled);
        await session.PatchAsync(hosts.First.Http.Client, 1_000, ranged: true, Cancelled);

        using var body = new ByteArrayContent(new byte[1_000]);
        body.Headers.TryAddWithoutValidation("Content-Range", "2000-2999");
        using var refused = await hosts.Second.Http.Client.PatchAsync(session.Location, body, Cancelled);

        await RegistryHttp.ExpectAsync(refused, HttpStatusCode.RequestedRangeNotSatisfiable);
        Assert.Equal("0-999", Assert.Single(refused.Headers.GetValues("Range")));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_session_that_one_host_cancelled_is_over_on_the_other(string store)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        var session = new UploadSession(run.NewRepository("two"), RandomNumberGenerator.GetBytes(3_000), Fuse.Never());
        await session.StartAsync(hosts.First.Http.Client, Cancelled);
        await session.PatchAsync(hosts.First.Http.Client, 1_000, ranged: true, Cancelled);

        using var cancelled = await hosts.Second.Http.Client.DeleteAsync(session.Location, Cancelled);
        using var asked = await hosts.First.Http.Client.GetAsync(session.Location, Cancelled);
        using var appended = await hosts.First.Http.Client.PatchAsync(session.Location, new ByteArrayContent(new byte[1_000]), Cancelled);

        await RegistryHttp.ExpectAsync(cancelled, HttpStatusCode.NoContent);
        await RegistryHttp.ExpectAsync(asked, HttpStatusCode.NotFound);
        await RegistryHttp.ExpectAsync(appended, HttpStatusCode.NotFound);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_blob_in_a_single_post_and_its_mount_elsewhere_are_seen_by_both(string store)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        var source = run.NewRepository("two");
        var target = run.NewRepository("two");
        var content = RandomNumberGenerator.GetBytes(200_000);
        var digest = RegistryHttp.Sha256(content);

        using var posted = await hosts.Http.Client.PostAsync($"/v2/{source}/blobs/uploads/?digest={digest}", new ByteArrayContent(content), Cancelled);
        using var mounted = await hosts.Http.Client.PostAsync($"/v2/{target}/blobs/uploads/?mount={digest}&from={source}", null, Cancelled);

        await RegistryHttp.ExpectAsync(posted, HttpStatusCode.Created);
        await RegistryHttp.ExpectAsync(mounted, HttpStatusCode.Created);
        hosts.AssertAlternated(2);
        await AssertThereAsync(hosts, source, digest, content.Length);
        await AssertThereAsync(hosts, target, digest, content.Length);
    }

    private static async Task AssertThereAsync(BalancedHosts hosts, string repository, string digest, long length)
    {
        foreach (var host in hosts.Both)
        {
            Assert.Equal(length, await host.Http.FindBlobAsync(repository, digest, Cancelled));
        }
    }
}
