using Registry.Content;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Maintenance.Quotas;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Content.Quotas;

/// <summary>Feeds with quotas, and a count of what they hold that is made from the store itself.</summary>
public abstract class QuotaTest : ContentTest
{
    private protected const string Feed = "library";

    private protected static RepositoryName Foreign { get; } = RepositoryName.Parse("other/app");

    private protected TestQuotas Limits { get; } = new();

    private protected override IQuotaScopes? Quotas => Limits;

    private protected void Limit(long? bytes = null, long? tags = null, string feed = Feed) => Limits.Limits[feed] = (bytes, tags);

    private protected async Task<(long Bytes, long Tags)> UsedAsync(string feed = Feed) => await UsedAsync(Root, Limits.Of(feed));

    private protected static async Task<(long Bytes, long Tags)> UsedAsync(ContentRoot node, QuotaScope scope)
    {
        QuotaRecord record = await node.Quotas.ReadAsync(scope, Cancel);
        return (record.Bytes, record.Tags);
    }

    private protected async Task AssertExactAsync(string feed = Feed) => Assert.Equal(await HeldAsync(Store, Limits.Of(feed)), await UsedAsync(feed));

    private protected static async Task<QuotaReport> RecountAsync(ContentRoot node) => await new QuotaRecount(node).RunAsync(Cancel);

    private protected static async Task<string> RefusedAsync(Func<Task> push)
    {
        RegistryException e = await Assert.ThrowsAsync<RegistryException>(push);
        Assert.Equal(RegistryErrorCode.Denied, Assert.Single(e.Errors).Code);
        return e.Message;
    }

    private protected static async Task<bool> FitsAsync(Func<Task> push)
    {
        try
        {
            await push();
            return true;
        }
        catch (RegistryException e) when (e.Errors[0].Code == RegistryErrorCode.Denied)
        {
            return false;
        }
    }

    /// <summary>What a scope holds, by every ref, manifest and tag that the store has.</summary>
    private protected static async Task<(long Bytes, long Tags)> HeldAsync(IObjectStore store, QuotaScope scope)
    {
        var blobs = new Dictionary<Digest, long>();
        long manifests = 0;
        long tags = 0;
        foreach (string key in await KeysAsync(store, ""))
        {
            string[] parts = key.Split('/');
            if (parts is ["refs", var algorithm, _, var hex, ..] && ContentKeys.TryParseRefRepository(key, out RepositoryName holder) && scope.Contains(holder))
            {
                Digest digest = Digest.Parse($"{algorithm}:{hex}");
                if (await store.GetAsync(ContentKeys.Blob(digest), Cancel) is { } found && BlobRecord.Decode(found.Content) is { State: not BlobState.Gone } blob)
                {
                    blobs[digest] = blob.Size;
                }
            }

            if (parts is ["repos", var encoded, "manifests" or "tags", ..]
                && ContentKeys.TryParseCatalog(ContentKeys.CatalogPrefix + encoded, out RepositoryName repository)
                && scope.Contains(repository))
            {
                ReadOnlyMemory<byte> content = (await store.GetAsync(key, Cancel))!.Content;
                manifests += parts[2] == "manifests" && ManifestRecord.Decode(content) is { State: ManifestState.Live } manifest ? manifest.Content.Length : 0;
                tags += parts[2] == "tags" && TagRecord.Decode(content).Digest is not null ? 1 : 0;
            }
        }

        return (blobs.Values.Sum() + manifests, tags);
    }
}
