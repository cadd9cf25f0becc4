using Microsoft.Extensions.Logging.Abstractions;
using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Maintenance.Scrubbing;
using Registry.Model;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Scrubbing;

/// <summary>A store of its own for tests that begin anew many times.</summary>
internal sealed class ScrubWorld : IDisposable
{
    private static readonly RepositoryName Repo = RepositoryName.Parse("library/app");
    private readonly List<ContentRoot> _nodes = [];
    private readonly ContentOptions _options = new();
    private byte[] _corrupt = [];

    public ScrubWorld() => InMemory = new InMemoryObjectStore(Clock);

    public FakeTime Clock { get; } = new();

    public InMemoryObjectStore InMemory { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ContentRoot NewNode(IObjectStore? store = null)
    {
        var node = new ContentRoot(store ?? InMemory.Share(), _options, Clock);
        _nodes.Add(node);
        return node;
    }

    public static Task<ScrubReport> RunAsync(IScrubSource? source, ContentRoot root) =>
        new Scrub(root, source, NullLogger.Instance).RunAsync(new ScrubOptions { BytesPerSecond = null, KeysPerSave = 2 }, Cancel);

    /// <summary>Pushes an image and breaks its layer.</summary>
    public async Task<Digest> BreakAsync()
    {
        ContentRoot root = NewNode();
        await root.Format.EnsureAsync(Cancel);
        await root.PushImageAsync(Repo, "app", "latest");
        Digest layer = DigestAlgorithm.Sha256.Compute(TestManifest.BlobsOf("app")[2]);
        string data = (await root.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(layer), Cancel))!.Record.Data;
        _corrupt = (await InMemory.GetAsync(data, Cancel))!.Content.ToArray();
        _corrupt[0] ^= 1;
        await InMemory.PutAsync(data, _corrupt, PutCondition.None, Cancel);
        return layer;
    }

    public async Task<StoreScrubSource> SourceAsync()
    {
        var store = new InMemoryObjectStore(Clock);
        ContentRoot other = NewNode(store);
        await other.PushImageAsync(Repo, "app", "latest");
        return new StoreScrubSource(store, Clock);
    }

    /// <summary>Once the blob's record has changed, what it leads to is right; and the broken bytes are kept until a good copy is there.</summary>
    public async Task CheckNeverServedWrongAsync(Digest layer)
    {
        byte[]? read = await NewNode().ReadBlobAsync(Repo, layer);
        BlobRecord record = (await NewNode().Records.ReadAsync<BlobRecord>(ContentKeys.Blob(layer), Cancel))!.Record;
        bool keptSomewhere = false;
        await foreach (string key in InMemory.ListAllAsync(ContentKeys.DataPrefix, Cancel))
        {
            keptSomewhere |= (await InMemory.GetAsync(key, Cancel))!.Content.Span.SequenceEqual(_corrupt);
        }

        bool isGood = read is not null && DigestAlgorithm.Sha256.Compute(read) == layer;
        Assert.True(isGood || keptSomewhere, "The broken bytes went before there was a good copy.");
        if (record.State == BlobState.Gone)
        {
            Assert.Null(read);
            Assert.NotEmpty(await KeysAsync("quarantine/data/"));
        }
    }

    public void Dispose()
    {
        foreach (ContentRoot node in _nodes)
        {
            node.Dispose();
        }
    }

    private async Task<List<string>> KeysAsync(string prefix)
    {
        var keys = new List<string>();
        await foreach (string key in InMemory.ListAllAsync(prefix, Cancel))
        {
            keys.Add(key);
        }

        return keys;
    }
}
