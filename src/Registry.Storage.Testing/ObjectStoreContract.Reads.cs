using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    private const int RangedLength = 300_000;

    [Theory]
    [InlineData(0L, null, 0, RangedLength)]
    [InlineData(0L, 0L, 0, 0)]
    [InlineData(0L, 1L, 0, 1)]
    [InlineData(1L, 1L, 1, 1)]
    [InlineData(150_000L, null, 150_000, 150_000)]
    [InlineData(65_535L, 65_538L, 65_535, 65_538)]
    [InlineData(0L, (long)RangedLength, 0, RangedLength)]
    [InlineData(0L, RangedLength + 1L, 0, RangedLength)]
    [InlineData(RangedLength - 1L, 1L, RangedLength - 1, 1)]
    [InlineData(RangedLength - 1L, 100L, RangedLength - 1, 1)]
    [InlineData(RangedLength - 10L, 0L, 0, 0)]
    [InlineData(5L, long.MaxValue, 5, RangedLength - 5)]
    [InlineData((long)RangedLength, null, 0, 0)]
    [InlineData((long)RangedLength, 1L, 0, 0)]
    [InlineData(RangedLength + 1L, 1L, 0, 0)]
    [InlineData(long.MaxValue, null, 0, 0)]
    [InlineData(long.MaxValue, long.MaxValue, 0, 0)]
    public async Task A_range_gives_the_bytes_that_are_there_and_the_whole_length(long offset, long? length, int expectedOffset, int expectedLength)
    {
        byte[] content = Bytes(RangedLength);
        await PutAsync(Key("put"), content);
        string uploaded = await UploadAsync(Key("uploaded"), content.AsMemory(0, 100_001), content.AsMemory(100_001, 65_536), content.AsMemory(165_537));

        foreach (string key in (string[])[Key("put"), uploaded])
        {
            await using ObjectContent? read = await OtherStore.OpenReadAsync(key, offset, length, Cancel);
            Assert.NotNull(read);
            Assert.Equal(RangedLength, read.TotalLength);
            using var bytes = new MemoryStream();
            await read.Stream.CopyToAsync(bytes, Cancel);
            StoreAssert.Bytes(content.AsMemory(expectedOffset, expectedLength), bytes.ToArray(), key);
        }
    }

    [Theory]
    [InlineData(0L, null)]
    [InlineData(0L, 0L)]
    [InlineData(0L, 10L)]
    [InlineData(7L, null)]
    [InlineData(7L, 10L)]
    public async Task Every_range_of_an_empty_object_is_empty(long offset, long? length)
    {
        await PutAsync(Key("object"), default);

        await using ObjectContent? read = await Store.OpenReadAsync(Key("object"), offset, length, Cancel);

        Assert.NotNull(read);
        Assert.Equal(0, read.TotalLength);
        Assert.Equal(0, await read.Stream.ReadAsync(new byte[10], Cancel));
    }

    [Fact]
    public async Task A_negative_range_is_refused()
    {
        await PutAsync(Key("object"), Bytes(10));

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.OpenReadAsync(Key("object"), -1, null, Cancel).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.OpenReadAsync(Key("object"), 0, -1, Cancel).AsTask());
    }

    [Fact]
    public async Task A_range_of_an_absent_object_is_absent() => Assert.Null(await Store.OpenReadAsync(Key("nothing"), 10, 10, Cancel));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(1_000_000)]
    public async Task A_stream_may_be_read_in_pieces_of_any_size(int size)
    {
        byte[] content = Bytes(size == 1 ? 5000 : RangedLength);
        string key = await UploadAsync(Key("object"), content.AsMemory(0, 1), content.AsMemory(1, 2000), content.AsMemory(2001));
        await using ObjectContent? read = await Store.OpenReadAsync(key, 0, null, Cancel);
        Assert.NotNull(read);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[size];

        while (await read.Stream.ReadAsync(buffer, Cancel) is var count and > 0)
        {
            bytes.Write(buffer, 0, count);
        }

        StoreAssert.Bytes(content, bytes.ToArray(), key);
        Assert.Equal(0, await read.Stream.ReadAsync(buffer, Cancel));
    }

    [Fact]
    public async Task Streams_that_are_disposed_half_read_hold_nothing_up()
    {
        byte[] content = Bytes(2 * 1024 * 1024);
        await PutAsync(Key("object"), content);
        byte[] buffer = new byte[1000];

        for (int i = 0; i < 100; i++)
        {
            await using ObjectContent? read = await Store.OpenReadAsync(Key("object"), 0, null, Cancel);
            Assert.NotNull(read);
            await read.Stream.ReadExactlyAsync(buffer, Cancel);
        }

        await AssertContentAsync(Store, Key("object"), content);
    }

    [Fact]
    public async Task Many_readers_of_one_object_do_not_disturb_each_other()
    {
        byte[] content = Bytes(1_000_000);
        string key = await UploadAsync(Key("object"), content);

        await TogetherAsync(16, async i =>
        {
            StoreAssert.Bytes(content.AsMemory(i * 50_000, 200_000), await ReadAsync(i % 2 == 0 ? Store : OtherStore, key, i * 50_000, 200_000), key);
            return true;
        });
    }

    [Fact]
    public async Task A_reader_of_an_object_that_is_deleted_gets_all_bytes_or_a_fault()
    {
        byte[] content = Bytes(16 * 1024 * 1024);
        string key = await UploadAsync(Key("object"), content);

        await AssertStreamSurvivesAsync(key, content, () => OtherStore.DeleteAsync(key, Cancel).AsTask());

        await AssertAbsentAsync(Store, key);
    }

    [Fact]
    public async Task A_reader_of_an_object_that_is_replaced_gets_all_of_the_old_bytes_or_a_fault()
    {
        byte[] content = Bytes(ObjectStoreLimits.MaxSmallObjectBytes, seed: 1);
        await PutAsync(Key("object"), content);

        await AssertStreamSurvivesAsync(Key("object"), content, () => OtherStore.PutAsync(Key("object"), Bytes(5_000_000, seed: 2), PutCondition.None, Cancel).AsTask());

        await AssertContentAsync(Store, Key("object"), Bytes(5_000_000, seed: 2));
    }

    private async Task AssertStreamSurvivesAsync(string key, byte[] content, Func<Task> change)
    {
        await using ObjectContent? read = await Store.OpenReadAsync(key, 0, null, Cancel);
        Assert.NotNull(read);
        byte[] start = new byte[1000];
        await read.Stream.ReadExactlyAsync(start, Cancel);

        await change();

        using var bytes = new MemoryStream();
        bytes.Write(start);
        if (await StoreAssert.FaultOfAsync(() => read.Stream.CopyToAsync(bytes, Cancel)) is null)
        {
            StoreAssert.Bytes(content, bytes.ToArray(), key);
        }
        else
        {
            StoreAssert.Bytes(content.AsMemory(0, (int)bytes.Length), bytes.ToArray(), key);
        }
    }
}
