using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    [Fact]
    public async Task A_store_deletes_conditionally_if_the_fixture_says_so_and_refuses_to_otherwise()
    {
        var deletes = Store as IConditionalDeletes;
        bool can = deletes is not null && await deletes.CanDeleteConditionallyAsync(Cancel);
        Assert.True(
            can == fixture.DeletesConditionally, $"The store says {can}, and the fixture the contrary: override {nameof(ObjectStoreFixture)}.{nameof(ObjectStoreFixture.DeletesConditionally)}.");
        if (deletes is not null)
        {
            Assert.Equal(can, await ((IConditionalDeletes)OtherStore).CanDeleteConditionallyAsync(Cancel));
        }

        if (deletes is not null && !can)
        {
            string etag = await PutAsync(Key("object"), Bytes(10));
            await Assert.ThrowsAsync<InvalidOperationException>(() => deletes.DeleteAsync(Key("object"), etag, Cancel).AsTask());
            await AssertContentAsync(OtherStore, Key("object"), Bytes(10));
        }
    }

    [Fact]
    public async Task A_delete_if_match_removes_the_object_that_the_etag_names_and_no_other()
    {
        if (!fixture.DeletesConditionally)
        {
            return;
        }

        string first = await PutAsync(Key("object"), Bytes(10, seed: 1));
        string second = await PutAsync(Key("object"), Bytes(10, seed: 2));
        string neighbour = await PutAsync(Key("object-2"), Bytes(10, seed: 3));

        Assert.False(await DeleteAsync(Store, Key("object"), first));
        Assert.False(await DeleteAsync(OtherStore, Key("object"), neighbour));
        await AssertContentAsync(OtherStore, Key("object"), Bytes(10, seed: 2));
        Assert.Equal(second, (await GetAsync(Store, Key("object"))).ETag);

        Assert.True(await DeleteAsync(Store, Key("object"), second));
        await AssertAbsentAsync(OtherStore, Key("object"));
        await AssertContentAsync(Store, Key("object-2"), Bytes(10, seed: 3));
    }

    [Fact]
    public async Task A_delete_if_match_of_what_is_not_there_says_so()
    {
        if (!fixture.DeletesConditionally)
        {
            return;
        }

        string etag = await PutAsync(Key("deleted"), Bytes(10));
        Assert.True(await DeleteAsync(Store, Key("deleted"), etag));

        Assert.False(await DeleteAsync(Store, Key("deleted"), etag));
        Assert.False(await DeleteAsync(OtherStore, Key("deleted"), etag));
        Assert.False(await DeleteAsync(Store, Key("never"), etag));
        Assert.False(await DeleteAsync(Store, Key("no/folder/either"), etag));
    }

    [Fact]
    public async Task The_etags_that_gets_and_conditional_puts_return_serve_for_a_delete_if_match()
    {
        if (!fixture.DeletesConditionally)
        {
            return;
        }

        PutResult put = await Store.PutAsync(Key("object"), default, PutCondition.IfAbsent, Cancel);
        PutResult replaced = await OtherStore.PutAsync(Key("object"), Bytes(10), PutCondition.IfMatch(put.ETag!), Cancel);
        Assert.True(await DeleteAsync(Store, Key("object"), replaced.ETag!));

        Assert.True((await Store.PutAsync(Key("object"), default, PutCondition.IfAbsent, Cancel)).Succeeded);
        Assert.True(await DeleteAsync(Store, Key("object"), (await GetAsync(OtherStore, Key("object"))).ETag));

        await AssertAbsentAsync(OtherStore, Key("object"));
    }

    [Fact]
    public async Task Of_racing_puts_and_deletes_if_match_with_one_etag_exactly_one_succeeds()
    {
        if (!fixture.DeletesConditionally)
        {
            return;
        }

        IObjectStore[] stores = await OpenRacersAsync();
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            string key = Key($"object-{round}");
            string etag = await PutAsync(key, Bytes(100, seed: 1001));

            // Every other one deletes; who begins with what differs from round to round.
            bool[] succeeded = await TogetherAsync(Racers, i => (i + round) % 2 == 0
                ? DeleteAsync(stores[i % stores.Length], key, etag)
                : PutAsync(stores[i % stores.Length], key, Bytes(100, seed: i), PutCondition.IfMatch(etag)));

            int winners = succeeded.Count(static won => won);
            Assert.True(winners == 1, $"{winners} of {Racers} puts and deletes with one ETag succeeded.");
            int winner = Array.IndexOf(succeeded, true);
            if ((winner + round) % 2 == 0)
            {
                await AssertAbsentAsync(Store, key);
            }
            else
            {
                await AssertContentAsync(Store, key, Bytes(100, seed: winner));
            }
        }
    }

    [Fact]
    public async Task Of_racing_deletes_if_match_exactly_one_says_that_it_removed_the_object()
    {
        if (!fixture.DeletesConditionally)
        {
            return;
        }

        IObjectStore[] stores = await OpenRacersAsync();
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            string key = Key($"object-{round}");
            string etag = await PutAsync(key, Bytes(100, seed: 1));

            bool[] removed = await TogetherAsync(Racers, i => DeleteAsync(stores[i % stores.Length], key, etag));

            Assert.Single(removed, static one => one);
            await AssertAbsentAsync(Store, key);
        }
    }

    [Fact]
    public async Task A_delete_if_match_never_removes_what_is_put_while_it_runs()
    {
        if (!fixture.DeletesConditionally)
        {
            return;
        }

        IObjectStore[] stores = await OpenRacersAsync();
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            string key = Key($"object-{round}");
            string etag = await PutAsync(key, Bytes(100, seed: 1));

            // Without a condition; or if absent, which can only come after the removal.
            PutCondition condition = round % 2 == 0 ? PutCondition.None : PutCondition.IfAbsent;
            bool[] succeeded = await TogetherAsync(3, i => i == 0
                ? PutAsync(stores[0], key, Bytes(100, seed: 2), condition)
                : DeleteAsync(stores[i], key, etag));

            if (succeeded[0])
            {
                await AssertContentAsync(Store, key, Bytes(100, seed: 2));
            }
            else
            {
                await AssertAbsentAsync(Store, key);
            }
        }
    }

    [Fact]
    public async Task A_delete_if_match_that_was_cancelled_before_it_began_or_whose_arguments_are_wrong_changes_nothing()
    {
        if (!fixture.DeletesConditionally)
        {
            return;
        }

        string etag = await PutAsync(Key("object"), Bytes(10));
        var deletes = (IConditionalDeletes)Store;

        await AssertCancelledAsync(() => deletes.DeleteAsync(Key("object"), etag, Cancelled).AsTask());
        await AssertCancelledAsync(() => deletes.CanDeleteConditionallyAsync(Cancelled).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => deletes.DeleteAsync(Key("object"), "", Cancel).AsTask());
        foreach (string key in InvalidKeys)
        {
            await AssertRefusedAsync(key, () => deletes.DeleteAsync(key, etag, Cancel).AsTask());
        }

        await AssertContentAsync(OtherStore, Key("object"), Bytes(10));
    }

    private static Task<bool> DeleteAsync(IObjectStore store, string key, string etag) => ((IConditionalDeletes)store).DeleteAsync(key, etag, Cancel).AsTask();
}
