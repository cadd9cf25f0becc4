using System.Globalization;
using System.Security.Cryptography;
using Registry.Storage.Azure.Tests.Testing;

namespace Registry.Storage.Azure.Tests;

public sealed class ListingTests(AzuriteStoreFixture fixture) : IClassFixture<AzuriteStoreFixture>
{
    private readonly string _root = $"listing/{RandomNumberGenerator.GetHexString(12, lowercase: true)}/";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deep_pages_cost_two_requests_each_and_another_instance_finds_its_way()
    {
        string[] keys = [.. Enumerable.Range(0, 3000).Select(i => string.Create(CultureInfo.InvariantCulture, $"{_root}tags/v{i / 100}.{i % 100}"))];
        Array.Sort(keys, StringComparer.Ordinal);
        using AzureBlobObjectStore writer = await fixture.OpenAsync(Cancel);
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (key, cancel) =>
            await writer.PutAsync(key, default, PutCondition.None, cancel));
        var log = new RequestLog();
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, log);
        await store.ProbeAsync(Cancel);

        var listed = new List<string>();
        KeyPage page;
        do
        {
            log.Clear();
            page = await store.ListAsync(_root, listed.Count == 0 ? null : listed[^1], 250, Cancel);
            Assert.InRange(log.Listings, 1, 2);
            listed.AddRange(page.Keys);
        }
        while (page.HasMore);

        Assert.Equal(keys, listed);

        // Nothing is remembered for these, at the front, in the middle and near the end.
        foreach (int start in (int[])[10, 700, 1499, 2222, 2900, 2999])
        {
            using AzureBlobObjectStore fresh = await fixture.OpenAsync(Cancel, log);
            await fresh.ProbeAsync(Cancel);
            log.Clear();
            page = await fresh.ListAsync(_root, keys[start], 100, Cancel);
            Assert.Equal(keys.Skip(start + 1).Take(100), page.Keys);
            Assert.InRange(log.Listings, 1, 20);
        }
    }

    [Fact]
    public async Task A_key_that_was_put_right_after_a_page_is_on_the_next_one()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel);
        using AzureBlobObjectStore other = await fixture.OpenAsync(Cancel);
        foreach (string name in (string[])["a", "b", "c", "d", "e", "f"])
        {
            await store.PutAsync(_root + name, default, PutCondition.None, Cancel);
        }

        KeyPage first = await store.ListAsync(_root, null, 3, Cancel);
        Assert.Equal([_root + "a", _root + "b", _root + "c"], first.Keys);
        await other.PutAsync(_root + "c1", default, PutCondition.None, Cancel);
        await other.DeleteAsync(_root + "c", Cancel);
        KeyPage second = await store.ListAsync(_root, _root + "c", 3, Cancel);
        await other.PutAsync(_root + "e1", default, PutCondition.None, Cancel);
        KeyPage third = await store.ListAsync(_root, _root + "e", 3, Cancel);

        Assert.Equal([_root + "c1", _root + "d", _root + "e"], second.Keys);
        Assert.Equal([_root + "e1", _root + "f"], third.Keys);
        Assert.False(third.HasMore);
    }
}
