using Microsoft.Extensions.Logging.Abstractions;
using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Scrubbing;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Content.Quotas;

/// <summary>What a scrub stores anew in place of broken bytes is counted already.</summary>
public sealed class QuotaMendingTests : QuotaTest
{
    [Fact]
    public async Task A_blob_of_a_feed_that_is_full_is_mended_and_counted_once()
    {
        var copy = new InMemoryObjectStore(Time);
        await new ContentRoot(copy, Options, Time).PushImageAsync(Repo, "app", "latest");
        Limit(bytes: 1_000_000);
        await Root.PushImageAsync(Repo, "app", "latest");
        for (int i = 0; i < 40; i++)
        {
            await Root.PushBlobAsync(Repo, Bytes($"later {i}")); // Nothing tells any more of when the image came to be counted.
        }

        Limit(bytes: (await UsedAsync()).Bytes);
        byte[] layer = TestManifest.BlobsOf("app")[2];
        string data = (await Records.ReadAsync<BlobRecord>(ContentKeys.Blob(Sha256(layer)), Cancel))!.Record.Data;
        await Store.PutAsync(data, new byte[layer.Length], PutCondition.None, Cancel);

        ScrubReport report = await new Scrub(Root, new StoreScrubSource(copy, Time), NullLogger.Instance).RunAsync(new ScrubOptions { BytesPerSecond = null }, Cancel);

        Assert.Equal(ScrubAction.Mended, Assert.Single(report.Findings).Action);
        Assert.Equal(layer, await Root.ReadBlobAsync(Repo, Sha256(layer)));
        await AssertExactAsync();
    }
}
