using System.Text;
using Registry.Content;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Core.Tests.Simulation;
using Registry.Model;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Content;

/// <summary>A store in memory with one node over it, and what tests of the content need to look behind the scenes.</summary>
public abstract class ContentTest : IDisposable
{
    private readonly List<ContentRoot> _nodes = [];

    private protected ContentTest()
    {
        Store = new InMemoryObjectStore(Time);
        Ids = new Ulid(Time);
        Records = new RecordStore(Store, Ids, Time);
        Root = Node();
    }

    private protected static RepositoryName Repo { get; } = RepositoryName.Parse("library/app");

    private protected static RepositoryName OtherRepo { get; } = RepositoryName.Parse("library/app/other");

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected FakeTime Time { get; } = new();

    private protected ContentOptions Options { get; } = new();

    /// <summary>The quotas over the store. None by default.</summary>
    private protected virtual IQuotaScopes? Quotas => null;

    private protected InMemoryObjectStore Store { get; }

    private protected Ulid Ids { get; }

    private protected RecordStore Records { get; }

    private protected ContentRoot Root { get; }

    /// <summary>Another node over the same store, or over one that wraps it.</summary>
    private protected ContentRoot Node(IObjectStore? store = null)
    {
        var node = new ContentRoot(store ?? Store.Share(), Options, Time, quotas: Quotas);
        _nodes.Add(node);
        return node;
    }

    private protected static Digest Sha256(ReadOnlySpan<byte> content) => DigestAlgorithm.Sha256.Compute(content);

    private protected static Digest Sha512(ReadOnlySpan<byte> content) => DigestAlgorithm.Sha512.Compute(content);

    private protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private protected static byte[] Bytes(int length, int seed = 0)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private protected ValueTask<List<string>> KeysAsync(string prefix) => KeysAsync(Store, prefix);

    private protected static async ValueTask<List<string>> KeysAsync(IObjectStore store, string prefix)
    {
        var keys = new List<string>();
        await foreach (string key in store.ListAllAsync(prefix, Cancel))
        {
            keys.Add(key);
        }

        return keys;
    }

    private protected ValueTask<Versioned<BlobRecord>?> BlobRecordAsync(Digest digest) => Records.ReadAsync<BlobRecord>(ContentKeys.Blob(digest), Cancel);

    private protected ValueTask<Versioned<ManifestRecord>?> ManifestRecordAsync(RepositoryName repository, Digest digest) =>
        Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), Cancel);

    /// <summary>Puts an object where a record belongs that no store reads as one.</summary>
    private protected static async Task PutTooLargeAsync(IObjectStore store, string key)
    {
        await store.DeleteAsync(key, Cancel);
        await using ObjectAppender? appender = await store.OpenAppendAsync(await store.BeginUploadAsync(key, Cancel), Cancel);
        await appender!.WriteAsync(new byte[ObjectStoreLimits.MaxSmallObjectBytes + 1], Cancel);
        Assert.Equal(key, await appender.CompleteAsync(Cancel));
    }

    /// <summary>Does to a blob's record what a collector's step does.</summary>
    private protected async Task SetStateAsync(Digest digest, BlobState state)
    {
        Versioned<BlobRecord> found = (await BlobRecordAsync(digest))!;
        DateTimeOffset? condemned = state == BlobState.Live ? null : Time.GetUtcNow();
        Assert.True((await Records.PutAsync(ContentKeys.Blob(digest), found.Record with { State = state, CondemnedAt = condemned }, found, Cancel)).Won);
        if (state == BlobState.Gone)
        {
            await Store.DeleteAsync(found.Record.Data, Cancel);
        }
    }

    /// <summary>
    /// Lets a process stop at each of its operations on the store in turn, with and without the operation having happened; each time another process then does
    /// the same again on what the first left behind.
    /// </summary>
    /// <param name="arrange">Prepares a store.</param>
    /// <param name="act">What is stopped and then done again.</param>
    /// <param name="check">What must hold afterwards; it gets the store too.</param>
    private protected async Task CrashEverywhereAsync(Func<ContentRoot, Task> arrange, Func<ContentRoot, Task> act, Func<ContentRoot, InMemoryObjectStore, Task> check)
    {
        foreach (bool afterEffect in new[] { false, true })
        {
            int dieAt = 0;
            DyingStore dying;
            do
            {
                dieAt++;
                var store = new InMemoryObjectStore(Time);
                using var before = new ContentRoot(store, Options, Time, quotas: Quotas);
                await arrange(before);
                dying = new DyingStore(store, dieAt, afterEffect);
                using var stopping = new ContentRoot(dying, Options, Time, quotas: Quotas);
                Exception? stopped = await Record.ExceptionAsync(() => act(stopping));
                Assert.True(dying.Died == stopped is not null, $"{stopped}");
                Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));

                using var after = new ContentRoot(store.Share(), Options, Time, quotas: Quotas);
                try
                {
                    await act(after);
                    Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));
                    await check(after, store);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"After a stop at operation {dieAt}{(afterEffect ? ", which had happened" : "")}: {e.Message}", e);
                }
            }
            while (dying.Died);

            Assert.InRange(dieAt, 3, 200);
        }
    }

    public void Dispose()
    {
        foreach (ContentRoot node in _nodes)
        {
            node.Dispose();
        }

        GC.SuppressFinalize(this);
    }
}
