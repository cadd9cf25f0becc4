using Registry.Content.Records;
using Registry.Core.Tests.Simulation;
using Registry.Storage;

namespace Registry.Core.Tests.Content;

public sealed class RecordStoreTests : ContentTest
{
    private const string Key = "records/x";

    private static readonly TagRecord Record = new() { Generation = "g" };

    [Fact]
    public async Task A_record_is_created_only_where_there_is_none()
    {
        PutOutcome<TagRecord> first = await Records.PutAsync(Key, Record, over: null, Cancel);
        PutOutcome<TagRecord> second = await Records.PutAsync(Key, Record, over: null, Cancel);

        Assert.True(first.Won);
        Assert.False(second.Won);
        Assert.Equal(first.Current!.Record, second.Current!.Record);
        Assert.Equal(first.Current.ETag, second.Current.ETag);
    }

    [Fact]
    public async Task A_record_is_written_only_over_what_was_read()
    {
        Versioned<TagRecord> first = (await Records.PutAsync(Key, Record, over: null, Cancel)).Current!;
        Assert.True((await Records.PutAsync(Key, Record with { Digest = "x" }, first, Cancel)).Won);

        PutOutcome<TagRecord> late = await Records.PutAsync(Key, Record with { Digest = "y" }, first, Cancel);

        Assert.False(late.Won);
        Assert.Equal("x", late.Current!.Record.Digest);
        Assert.Equal("x", (await Records.ReadAsync<TagRecord>(Key, Cancel))!.Record.Digest);
    }

    [Fact]
    public async Task A_record_that_went_away_and_came_back_with_equal_contents_is_another_one()
    {
        Versioned<TagRecord> first = (await Records.PutAsync(Key, Record, over: null, Cancel)).Current!;
        Versioned<TagRecord> between = (await Records.PutAsync(Key, Record with { Digest = "x" }, first, Cancel)).Current!;
        Versioned<TagRecord> again = (await Records.PutAsync(Key, first.Record, between, Cancel)).Current!;

        Assert.Equal(first.Record with { Nonce = "" }, again.Record with { Nonce = "" });
        Assert.NotEqual(first.ETag, again.ETag);
        Assert.False((await Records.PutAsync(Key, Record, first, Cancel)).Won);
    }

    [Fact]
    public async Task A_deleted_record_is_not_written_over()
    {
        Versioned<TagRecord> first = (await Records.PutAsync(Key, Record, over: null, Cancel)).Current!;
        await Store.DeleteAsync(Key, Cancel);

        PutOutcome<TagRecord> late = await Records.PutAsync(Key, Record, first, Cancel);

        Assert.False(late.Won);
        Assert.Null(late.Current);
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_recognised()
    {
        var store = new HookedStore(Store);
        var records = new RecordStore(store, Ids, Time);
        store.OnceAfter(static call => call.Operation == StoreOperation.Put, static () => throw new StoreUnavailableException());

        PutOutcome<TagRecord> outcome = await records.PutAsync(Key, Record, over: null, Cancel);

        Assert.True(outcome.Won);
        Assert.True((await records.PutAsync(Key, Record, outcome.Current, Cancel)).Won);
    }

    [Fact]
    public async Task A_write_that_did_not_happen_is_not_taken_for_one_that_did()
    {
        var store = new HookedStore(Store);
        var records = new RecordStore(store, Ids, Time);
        Versioned<TagRecord> first = (await records.PutAsync(Key, Record, over: null, Cancel)).Current!;
        store.OnceBefore(static call => call.Operation == StoreOperation.Put, static () => throw new StoreUnavailableException());

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await records.PutAsync(Key, Record, first, Cancel));

        Assert.Equal(first.ETag, (await records.ReadAsync<TagRecord>(Key, Cancel))!.ETag);
    }

    [Fact]
    public async Task A_write_that_was_repeated_below_and_lost_against_itself_is_recognised()
    {
        var store = new RepeatingStore(Store);
        var records = new RecordStore(store, Ids, Time);
        PutOutcome<TagRecord> first = await records.PutAsync(Key, Record, over: null, Cancel);
        PutOutcome<TagRecord> second = await records.PutAsync(Key, Record with { Digest = "x" }, first.Current, Cancel);

        Assert.True(first.Won);
        Assert.True(second.Won);
        Assert.Equal("x", second.Current!.Record.Digest);
    }

    [Fact]
    public async Task Of_many_writers_over_the_same_record_one_wins()
    {
        Versioned<TagRecord> first = (await Records.PutAsync(Key, Record, over: null, Cancel)).Current!;

        PutOutcome<TagRecord>[] outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(
            async () => await Records.PutAsync(Key, Record with { Digest = $"{i}" }, first, Cancel), Cancel)));

        PutOutcome<TagRecord> winner = Assert.Single(outcomes, static outcome => outcome.Won);
        Assert.All(outcomes, outcome => Assert.Equal(winner.Current!.Record, outcome.Current!.Record));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_says_which_it_is()
    {
        await Store.PutAsync(Key, "{"u8.ToArray(), PutCondition.None, Cancel);
        InvalidDataException e = await Assert.ThrowsAsync<InvalidDataException>(async () => await Records.ReadAsync<TagRecord>(Key, Cancel));
        Assert.Contains(Key, e.Message, StringComparison.Ordinal);

        foreach (byte[] broken in new[] { ""u8.ToArray(), "null"u8.ToArray(), "{}"u8.ToArray(), "[]"u8.ToArray(), "null\n"u8.ToArray(), "no line"u8.ToArray() })
        {
            await Store.PutAsync(Key, broken, PutCondition.None, Cancel);
            await Assert.ThrowsAsync<InvalidDataException>(async () => await Records.ReadAsync<TagRecord>(Key, Cancel));
            await Assert.ThrowsAsync<InvalidDataException>(async () => await Records.ReadAsync<BlobRecord>(Key, Cancel));
            await Assert.ThrowsAsync<InvalidDataException>(async () => await Records.ReadAsync<UploadRecord>(Key, Cancel));
            await Assert.ThrowsAsync<InvalidDataException>(async () => await Records.ReadAsync<ManifestRecord>(Key, Cancel));
        }
    }

    [Fact]
    public async Task A_manifest_s_bytes_come_back_as_they_were()
    {
        foreach (byte[] content in new[] { [], "\n"u8.ToArray(), "{\r\n \"a\":1}\n\n"u8.ToArray(), Bytes(7 * 1024 * 1024) })
        {
            var record = new ManifestRecord { State = ManifestState.Live, Generation = "g", MediaType = "x/\ny", Content = content };
            await Store.DeleteAsync(Key, Cancel);
            await Records.PutAsync(Key, record, over: null, Cancel);

            Versioned<ManifestRecord> read = (await Records.ReadAsync<ManifestRecord>(Key, Cancel))!;
            Assert.True(content.AsSpan().SequenceEqual(read.Record.Content.Span));
            Assert.Equal("x/\ny", read.Record.MediaType);
        }
    }

    // What a store's client does that repeats a request whose first answer was lost.
    private sealed class RepeatingStore(IObjectStore inner) : InterceptedStore(inner)
    {
        protected override async ValueTask<T> AroundAsync<T>(StoreCall call, Func<ValueTask<T>> perform)
        {
            if (call.Operation == StoreOperation.Put)
            {
                await perform();
            }

            return await perform();
        }
    }
}
