using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    [Fact]
    public async Task An_object_that_was_never_put_is_absent() => await AssertAbsentAsync(Store, Key("nothing"));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(65_537)]
    [InlineData(ObjectStoreLimits.MaxSmallObjectBytes)]
    public async Task A_put_object_is_read_back_byte_for_byte_by_every_instance(int length)
    {
        byte[] content = Bytes(length);

        string etag = await PutAsync(Key("object"), content);

        await AssertContentAsync(Store, Key("object"), content);
        await AssertContentAsync(OtherStore, Key("object"), content);
        Assert.Equal(etag, (await GetAsync(OtherStore, Key("object"))).ETag);
    }

    [Theory]
    [InlineData(10, 100_000)]
    [InlineData(100_000, 10)]
    [InlineData(10, 0)]
    [InlineData(0, 10)]
    public async Task A_put_replaces_the_whole_object(int before, int after)
    {
        await PutAsync(Key("object"), Bytes(before, seed: 1));
        byte[] content = Bytes(after, seed: 2);

        await PutAsync(Key("object"), content);

        await AssertContentAsync(OtherStore, Key("object"), content);
    }

    [Fact]
    public async Task A_put_of_more_than_a_small_object_is_refused_and_writes_nothing()
    {
        byte[] content = new byte[ObjectStoreLimits.MaxSmallObjectBytes + 1];

        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.PutAsync(Key("object"), content, PutCondition.None, Cancel).AsTask());

        await AssertAbsentAsync(Store, Key("object"));
    }

    [Fact]
    public async Task A_small_get_takes_an_uploaded_object_up_to_the_limit_and_refuses_a_larger_one()
    {
        byte[] content = Bytes(ObjectStoreLimits.MaxSmallObjectBytes + 1);
        string fits = await UploadAsync(Key("fits"), content.AsMemory(1));
        string large = await UploadAsync(Key("large"), content);

        StoreAssert.Bytes(content.AsMemory(1), (await GetAsync(Store, fits)).Content, fits);
        await Assert.ThrowsAsync<ObjectTooLargeException>(() => Store.GetAsync(large, Cancel).AsTask());
    }

    [Fact]
    public async Task The_store_does_not_keep_the_callers_buffer()
    {
        byte[] expected = Bytes(5000);
        byte[] buffer = [.. expected];
        await PutAsync(Key("object"), buffer);

        Array.Clear(buffer);

        await AssertContentAsync(Store, Key("object"), expected);
    }

    [Fact]
    public async Task What_was_read_is_the_callers_own_and_does_not_change()
    {
        byte[] expected = Bytes(5000, seed: 1);
        await PutAsync(Key("object"), expected);
        SmallObject read = await GetAsync(Store, Key("object"));

        for (int seed = 2; seed < 20; seed++)
        {
            await PutAsync(Key("object"), Bytes(5000, seed));
            await GetAsync(Store, Key("object"));
        }

        StoreAssert.Bytes(expected, read.Content, "object");
    }

    [Fact]
    public async Task The_etag_stays_while_the_object_stays_and_changes_with_the_content()
    {
        string first = await PutAsync(Key("object"), Bytes(100, seed: 1));
        Assert.Equal(first, (await GetAsync(Store, Key("object"))).ETag);
        Assert.Equal(first, (await GetAsync(OtherStore, Key("object"))).ETag);

        string second = await PutAsync(Key("object"), Bytes(100, seed: 2));
        string third = await PutAsync(Key("object"), Bytes(101, seed: 2));
        string empty = await PutAsync(Key("object"), default);

        Assert.Distinct([first, second, third, empty]);
    }

    [Fact]
    public async Task The_time_of_the_last_write_is_the_same_for_all_and_does_not_go_back()
    {
        await PutAsync(Key("object"), Bytes(1, seed: 1));
        DateTimeOffset first = (await GetAsync(Store, Key("object"))).LastModified;
        Assert.NotEqual(default, first);
        Assert.Equal(first, (await GetAsync(OtherStore, Key("object"))).LastModified);

        await PutAsync(Key("object"), Bytes(1, seed: 2));

        Assert.True((await GetAsync(OtherStore, Key("object"))).LastModified >= first);
    }

    [Fact]
    public async Task A_deleted_object_is_absent_for_every_instance_and_can_be_put_again()
    {
        await PutAsync(Key("object"), Bytes(10, seed: 1));
        await AssertContentAsync(OtherStore, Key("object"), Bytes(10, seed: 1));

        await Store.DeleteAsync(Key("object"), Cancel);

        await AssertAbsentAsync(Store, Key("object"));
        await AssertAbsentAsync(OtherStore, Key("object"));
        await PutAsync(Key("object"), Bytes(10, seed: 2));
        await AssertContentAsync(OtherStore, Key("object"), Bytes(10, seed: 2));
    }

    [Fact]
    public async Task Deleting_what_is_not_there_is_no_error()
    {
        await Store.DeleteAsync(Key("never/was/there"), Cancel);

        await PutAsync(Key("object"), default);
        await Store.DeleteAsync(Key("object"), Cancel);
        await Store.DeleteAsync(Key("object"), Cancel);
        await OtherStore.DeleteAsync(Key("object"), Cancel);

        await AssertAbsentAsync(Store, Key("object"));
    }

    [Fact]
    public async Task Deleting_one_object_leaves_those_with_similar_keys()
    {
        string[] others = [Key("a-"), Key("a.b"), Key("a0"), Key("aa"), Key("A"), Key("b/a")];
        await PutAllAsync([Key("a"), .. others]);

        await Store.DeleteAsync(Key("a"), Cancel);
        await Store.DeleteAsync(Key("b/b"), Cancel);

        foreach (string key in others)
        {
            await AssertContentAsync(Store, key, ContentOf(key));
        }
    }

    [Fact]
    public async Task A_reader_sees_the_old_bytes_or_the_new_ones_and_never_a_mixture()
    {
        byte[][] contents = [Bytes(70_000, seed: 1), Bytes(200_000, seed: 2), Bytes(10, seed: 3)];
        await PutAsync(Key("object"), contents[0]);
        bool writing = true;

        async Task<bool> WriteAsync()
        {
            try
            {
                for (int i = 0; i < 3 * fixture.RaceRounds; i++)
                {
                    await PutAsync(Key("object"), contents[i % contents.Length]);
                    await Task.Yield();
                }
            }
            finally
            {
                Volatile.Write(ref writing, false);
            }

            return true;
        }

        async Task<bool> ReadAsync(IObjectStore store)
        {
            do
            {
                SmallObject read = await GetAsync(store, Key("object"));
                Assert.True(contents.Any(content => read.Content.Span.SequenceEqual(content)), $"A get saw a mixture of {read.Content.Length} bytes.");

                byte[] streamed = [];
                if (await StoreAssert.FaultOfAsync(async () => streamed = await ObjectStoreContract.ReadAsync(store, Key("object"))) is null)
                {
                    Assert.True(contents.Any(content => streamed.AsSpan().SequenceEqual(content)), $"A stream saw a mixture of {streamed.Length} bytes.");
                }

                await Task.Yield();
            }
            while (Volatile.Read(ref writing));

            return true;
        }

        await TogetherAsync(WriteAsync, () => ReadAsync(Store), () => ReadAsync(OtherStore));
    }
}
