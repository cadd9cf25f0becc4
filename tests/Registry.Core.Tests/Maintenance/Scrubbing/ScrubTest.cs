using Microsoft.Extensions.Logging.Abstractions;
using Registry.Content;
using Registry.Core.Tests.Content;
using Registry.Maintenance.Scrubbing;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Scrubbing;

/// <summary>What tests of the scrub have in common: an image of one layer more than others, and ways to break things.</summary>
public abstract class ScrubTest : ContentTest
{
    private protected static readonly TimeSpan Day = TimeSpan.FromHours(25);

    private protected Task<ScrubReport> ScrubAsync(IScrubSource? source = null, Action<ScrubOptions>? configure = null, ContentRoot? root = null)
    {
        var options = new ScrubOptions { BytesPerSecond = null };
        configure?.Invoke(options);
        return new Scrub(root ?? Root, source, NullLogger.Instance).RunAsync(options, Cancel);
    }

    private protected async Task<string> DataKeyAsync(Digest digest) => (await BlobRecordAsync(digest))!.Record.Data;

    /// <summary>Flips a bit of a blob's bytes.</summary>
    private protected async Task<string> CorruptAsync(Digest digest, IObjectStore? store = null)
    {
        string key = await DataKeyAsync(digest);
        byte[] bytes = (await (store ?? Store).GetAsync(key, Cancel))!.Content.ToArray();
        bytes[bytes.Length / 2] ^= 1;
        await (store ?? Store).PutAsync(key, bytes, PutCondition.None, Cancel);
        return key;
    }

    private protected async Task<SortedDictionary<string, string>> EverythingAsync()
    {
        var everything = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string key in await KeysAsync(""))
        {
            everything[key] = Convert.ToHexString((await Store.GetAsync(key, Cancel))!.Content.Span);
        }

        return everything;
    }

    /// <summary>A second store with an image of a name in it.</summary>
    private protected async Task<StoreScrubSource> SourceOfAsync(string name, RepositoryName? repository = null, Func<ContentRoot, Task>? change = null)
    {
        var store = new Registry.Storage.InMemory.InMemoryObjectStore(Time);
        ContentRoot other = Node(store);
        await other.PushImageAsync(repository ?? Repo, name, "latest");
        if (change is not null)
        {
            await change(other);
        }

        return new StoreScrubSource(store, Time);
    }

    private protected static Digest LayerOf(string name) => Sha256(TestManifest.BlobsOf(name)[2]);

    private protected static ScrubFinding Single(ScrubReport report, ScrubFindingKind kind) => Assert.Single(report.Findings, finding => finding.Kind == kind);
}
