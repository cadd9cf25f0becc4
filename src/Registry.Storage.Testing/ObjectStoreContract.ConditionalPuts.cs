using System.Buffers.Binary;
using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    private const int Racers = 8;

    [Fact]
    public async Task A_put_if_absent_writes_where_nothing_is_and_only_there()
    {
        PutResult first = await Store.PutAsync(Key("object"), Bytes(10, seed: 1), PutCondition.IfAbsent, Cancel);
        PutResult second = await OtherStore.PutAsync(Key("object"), Bytes(10, seed: 2), PutCondition.IfAbsent, Cancel);
        PutResult same = await Store.PutAsync(Key("object"), Bytes(10, seed: 1), PutCondition.IfAbsent, Cancel);

        Assert.True(first.Succeeded);
        Assert.False(second.Succeeded);
        Assert.False(same.Succeeded);
        await AssertContentAsync(OtherStore, Key("object"), Bytes(10, seed: 1));
        Assert.Equal(first.ETag, (await GetAsync(Store, Key("object"))).ETag);
    }

    [Fact]
    public async Task An_empty_object_is_there_for_a_put_if_absent()
    {
        await PutAsync(Key("object"), default);

        Assert.False((await Store.PutAsync(Key("object"), Bytes(1), PutCondition.IfAbsent, Cancel)).Succeeded);
    }

    [Fact]
    public async Task A_put_if_absent_writes_again_after_a_delete()
    {
        await PutAsync(Key("object"), Bytes(10, seed: 1));
        await OtherStore.DeleteAsync(Key("object"), Cancel);

        Assert.True((await Store.PutAsync(Key("object"), Bytes(10, seed: 2), PutCondition.IfAbsent, Cancel)).Succeeded);

        await AssertContentAsync(OtherStore, Key("object"), Bytes(10, seed: 2));
    }

    [Fact]
    public async Task A_put_if_match_writes_over_the_content_that_the_etag_names_and_no_other()
    {
        string first = await PutAsync(Key("object"), Bytes(10, seed: 1));

        PutResult second = await OtherStore.PutAsync(Key("object"), Bytes(20, seed: 2), PutCondition.IfMatch(first), Cancel);
        PutResult outdated = await Store.PutAsync(Key("object"), Bytes(30, seed: 3), PutCondition.IfMatch(first), Cancel);

        Assert.True(second.Succeeded);
        Assert.False(outdated.Succeeded);
        Assert.Null(outdated.ETag);
        await AssertContentAsync(Store, Key("object"), Bytes(20, seed: 2));

        PutResult third = await Store.PutAsync(Key("object"), default, PutCondition.IfMatch(second.ETag!), Cancel);
        Assert.True((await OtherStore.PutAsync(Key("object"), Bytes(40, seed: 4), PutCondition.IfMatch(third.ETag!), Cancel)).Succeeded);
        await AssertContentAsync(Store, Key("object"), Bytes(40, seed: 4));
    }

    [Fact]
    public async Task The_etag_that_a_get_returns_serves_for_a_put_if_match()
    {
        await PutAsync(Key("object"), Bytes(10, seed: 1));
        SmallObject read = await GetAsync(OtherStore, Key("object"));

        Assert.True((await Store.PutAsync(Key("object"), Bytes(10, seed: 2), PutCondition.IfMatch(read.ETag), Cancel)).Succeeded);
    }

    [Fact]
    public async Task A_put_if_match_writes_nothing_where_no_object_is()
    {
        string elsewhere = await PutAsync(Key("elsewhere"), Bytes(10));
        string deleted = await PutAsync(Key("deleted"), Bytes(10));
        await Store.DeleteAsync(Key("deleted"), Cancel);

        Assert.False((await Store.PutAsync(Key("deleted"), Bytes(20), PutCondition.IfMatch(deleted), Cancel)).Succeeded);
        Assert.False((await Store.PutAsync(Key("never"), Bytes(20), PutCondition.IfMatch(elsewhere), Cancel)).Succeeded);

        await AssertAbsentAsync(Store, Key("deleted"));
        await AssertAbsentAsync(Store, Key("never"));
    }

    [Fact]
    public async Task An_unconditional_put_writes_over_whatever_is_there_and_outdates_its_etag()
    {
        string first = await PutAsync(Key("object"), Bytes(10, seed: 1));
        Assert.True((await OtherStore.PutAsync(Key("object"), Bytes(10, seed: 2), PutCondition.None, Cancel)).Succeeded);

        Assert.False((await Store.PutAsync(Key("object"), Bytes(10, seed: 3), PutCondition.IfMatch(first), Cancel)).Succeeded);

        await AssertContentAsync(Store, Key("object"), Bytes(10, seed: 2));
    }

    [Fact]
    public async Task Of_racing_puts_if_absent_exactly_one_wins()
    {
        IObjectStore[] stores = await OpenRacersAsync();
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            await AssertOneWinnerAsync(stores, Key($"absent-{round}"), PutCondition.IfAbsent);
        }
    }

    [Fact]
    public async Task Of_racing_puts_if_match_exactly_one_wins()
    {
        IObjectStore[] stores = await OpenRacersAsync();
        string etag = await PutAsync(Key("object"), Bytes(100, seed: 1001));
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            etag = await AssertOneWinnerAsync(stores, Key("object"), PutCondition.IfMatch(etag));
        }
    }

    [Fact]
    public async Task Racing_increments_lose_no_update()
    {
        const int Increments = 12;
        IObjectStore[] stores = await OpenRacersAsync();
        await PutAsync(Key("counter"), new byte[sizeof(int)]);

        async Task<int> IncrementAsync(IObjectStore store)
        {
            int attempts = 0;
            for (int done = 0; done < Increments;)
            {
                Assert.True(++attempts < 10_000, "The counter is never written.");
                SmallObject read = await GetAsync(store, Key("counter"));
                await Task.Yield();
                byte[] next = new byte[sizeof(int)];
                BinaryPrimitives.WriteInt32LittleEndian(next, BinaryPrimitives.ReadInt32LittleEndian(read.Content.Span) + 1);
                if ((await store.PutAsync(Key("counter"), next, PutCondition.IfMatch(read.ETag), Cancel)).Succeeded)
                {
                    done++;
                }
            }

            return attempts;
        }

        await TogetherAsync(Racers, i => IncrementAsync(stores[i % stores.Length]));

        SmallObject counter = await GetAsync(Store, Key("counter"));
        Assert.Equal(Racers * Increments, BinaryPrimitives.ReadInt32LittleEndian(counter.Content.Span));
    }

    [Fact]
    public async Task A_put_if_match_that_races_with_a_delete_never_brings_the_object_back()
    {
        IObjectStore[] stores = await OpenRacersAsync();
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            string key = Key($"object-{round}");
            string etag = await PutAsync(key, Bytes(100, seed: 1));

            await TogetherAsync(Racers, i => i == 0
                ? DeleteAsync(OtherStore, key)
                : PutAsync(stores[i % stores.Length], key, Bytes(100, seed: 1 + i), PutCondition.IfMatch(etag)));

            // A put before the delete is deleted; after it, there is nothing to match.
            Assert.True(await Store.GetAsync(key, Cancel) is null, "The object is back.");
        }
    }

    [Fact]
    public async Task A_put_if_absent_that_races_with_a_delete_is_before_it_and_fails_or_after_it_and_stays()
    {
        IObjectStore[] stores = await OpenRacersAsync();
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            string key = Key($"object-{round}");
            await PutAsync(key, Bytes(100, seed: 1));

            bool[] succeeded = await TogetherAsync(Racers, i => i == 0
                ? DeleteAsync(OtherStore, key)
                : PutAsync(stores[i % stores.Length], key, Bytes(100, seed: 1 + i), PutCondition.IfAbsent));

            int winner = Array.IndexOf(succeeded, true, 1);
            if (winner < 0)
            {
                await AssertAbsentAsync(Store, key);
            }
            else
            {
                Assert.Equal(-1, Array.IndexOf(succeeded, true, winner + 1));
                await AssertContentAsync(Store, key, Bytes(100, seed: 1 + winner));
            }
        }
    }

    [Fact]
    public async Task An_unconditional_put_is_never_undone_by_a_put_if_match_that_it_races_with()
    {
        IObjectStore[] stores = await OpenRacersAsync();
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            string etag = await PutAsync(Key("object"), Bytes(100, seed: round));

            await TogetherAsync(Racers, i => PutAsync(
                stores[i % stores.Length], Key("object"), Bytes(100, seed: 1000 + i), i == 0 ? PutCondition.None : PutCondition.IfMatch(etag)));

            await AssertContentAsync(Store, Key("object"), Bytes(100, seed: 1000));
        }
    }

    private static async Task<bool> PutAsync(IObjectStore store, string key, byte[] content, PutCondition condition) =>
        (await store.PutAsync(key, content, condition, Cancel)).Succeeded;

    private static async Task<bool> DeleteAsync(IObjectStore store, string key)
    {
        await store.DeleteAsync(key, Cancel);
        return true;
    }

    private static async Task<string> AssertOneWinnerAsync(IObjectStore[] stores, string key, PutCondition condition)
    {
        byte[][] contents = [.. Enumerable.Range(0, Racers).Select(i => ContentOf($"{key} {condition.RequiredETag} {i}"))];

        PutResult[] results = await TogetherAsync(Racers, i => stores[i % stores.Length].PutAsync(key, contents[i], condition, Cancel).AsTask());

        int winners = results.Count(result => result.Succeeded);
        Assert.True(winners == 1, $"{winners} of {Racers} puts with one condition succeeded.");
        int winner = Array.FindIndex(results, result => result.Succeeded);
        SmallObject read = await GetAsync(stores[0], key);
        StoreAssert.Bytes(contents[winner], read.Content, key);
        Assert.Equal(results[winner].ETag, read.ETag);
        return read.ETag;
    }
}
