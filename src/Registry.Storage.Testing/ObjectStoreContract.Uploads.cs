using System.Security.Cryptography;
using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task An_upload_is_invisible_until_it_is_complete()
    {
        byte[] content = Bytes(100_000);
        UploadToken token = await Store.BeginUploadAsync(Key("object"), Cancel);
        await AssertInvisibleAsync();
        await using (ObjectAppender appender = await OpenAppenderAsync(Store, token))
        {
            await appender.WriteAsync(content, Cancel);
            await AssertInvisibleAsync();
            token = await appender.FlushAsync(Cancel);
            await AssertInvisibleAsync();
        }

        await AssertInvisibleAsync();
        string key = await CompleteAsync(Store, token);

        await AssertContentAsync(Store, key, content);
        await AssertContentAsync(OtherStore, key, content);
        Assert.Equal([key], await ListAllAsync(OtherStore, Key("")));

        async Task AssertInvisibleAsync()
        {
            await AssertAbsentAsync(Store, Key("object"));
            await AssertAbsentAsync(OtherStore, Key("object"));
            Assert.Empty(await ListAllAsync(OtherStore, Key("")));
        }
    }

    [Theory]
    [InlineData("begin, complete")]
    [InlineData("begin, open, complete")]
    [InlineData("begin, open, flush, complete")]
    [InlineData("begin, open, write nothing, flush, complete from the token")]
    public async Task An_upload_without_bytes_becomes_an_empty_object(string steps)
    {
        UploadToken token = await Store.BeginUploadAsync(Key("object"), Cancel);
        string? key = null;
        if (steps.Contains("open", StringComparison.Ordinal))
        {
            await using ObjectAppender appender = await OpenAppenderAsync(Store, token);
            Assert.Equal(0, appender.Length);
            if (steps.Contains("nothing", StringComparison.Ordinal))
            {
                await appender.WriteAsync(default, Cancel);
            }

            token = steps.Contains("flush", StringComparison.Ordinal) ? await appender.FlushAsync(Cancel) : token;
            key = steps.Contains("token", StringComparison.Ordinal) ? null : await appender.CompleteAsync(Cancel);
        }

        key ??= await CompleteAsync(OtherStore, token);

        await AssertContentAsync(OtherStore, key, default);
        Assert.Equal([key], await ListAllAsync(Store, Key("")));
    }

    [Fact]
    public async Task An_appender_takes_many_small_pieces_and_counts_them()
    {
        byte[] content = Bytes(20_000);
        await using ObjectAppender appender = await OpenAppenderAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel));
        byte[] buffer = new byte[17];

        for (int written = 0, i = 0; written < content.Length; i++)
        {
            int count = Math.Min(i % (buffer.Length + 1), content.Length - written);
            content.AsSpan(written, count).CopyTo(buffer);
            await appender.WriteAsync(buffer.AsMemory(0, count), Cancel);
            Array.Clear(buffer);
            written += count;
            Assert.Equal(written, appender.Length);
        }

        string? key = await appender.CompleteAsync(Cancel);

        Assert.NotNull(key);
        await AssertContentAsync(OtherStore, key, content);
    }

    [Fact]
    public async Task Pieces_of_odd_sizes_that_different_instances_append_make_one_object()
    {
        int[] sizes = [1, 0, 1, 5 * MiB - 1, 1, 5 * MiB, 5 * MiB + 1, 3, 17, 8 * MiB, 7, 4 * MiB - 3, 65_536, 1];
        byte[] content = Bytes(sizes.Sum());
        UploadToken token = await Store.BeginUploadAsync(Key("object"), Cancel);
        int written = 0;

        for (int i = 0; i < sizes.Length; i++)
        {
            await using ObjectAppender appender = await OpenAppenderAsync(i % 2 == 0 ? OtherStore : Store, token);
            Assert.Equal(written, appender.Length);
            await appender.WriteAsync(content.AsMemory(written, sizes[i]), Cancel);
            token = await appender.FlushAsync(Cancel);
            written += sizes[i];
            Assert.Equal(written, appender.Length);
        }

        string key = await CompleteAsync(OtherStore, token);

        StoreAssert.Bytes(content, await ReadAsync(Store, key), key);
    }

    [Fact]
    public async Task Many_flushes_of_a_few_bytes_make_one_object()
    {
        byte[] content = Bytes(60 * 37);
        UploadToken token = await Store.BeginUploadAsync(Key("object"), Cancel);

        for (int written = 0; written < content.Length; written += 37)
        {
            token = await AppendAsync(written % 2 == 0 ? Store : OtherStore, token, content.AsMemory(written, 37));
        }

        await AssertContentAsync(OtherStore, await CompleteAsync(Store, token), content);
    }

    [Fact]
    public async Task A_large_upload_keeps_every_byte()
    {
        byte[] buffer = new byte[MiB + 333];
        var random = new Random(1);
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        UploadToken token = await Store.BeginUploadAsync(Key("object"), Cancel);
        long written = 0;
        string? key = null;

        // Two appenders, so that one goes on in the middle of whatever parts the store makes.
        foreach (long until in (long[])[fixture.LargeUploadBytes * 2L / 5, fixture.LargeUploadBytes])
        {
            await using ObjectAppender appender = await OpenAppenderAsync(Store, token);
            while (written < until)
            {
                Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, until - written));
                random.NextBytes(piece.Span);
                expected.AppendData(piece.Span);
                await appender.WriteAsync(piece, Cancel);
                written += piece.Length;
            }

            key = until == fixture.LargeUploadBytes ? await appender.CompleteAsync(Cancel) : null;
            token = key is null ? await appender.FlushAsync(Cancel) : token;
            AssertToken(token);
        }

        Assert.NotNull(key);
        await using ObjectContent? read = await OtherStore.OpenReadAsync(key, 0, null, Cancel);
        Assert.NotNull(read);
        Assert.Equal(fixture.LargeUploadBytes, read.TotalLength);
        Assert.Equal(expected.GetHashAndReset(), await SHA256.HashDataAsync(read.Stream, Cancel));
    }

    [Fact]
    public async Task Uploads_side_by_side_do_not_mix()
    {
        string[] keys = await TogetherAsync(12, i =>
            UploadAsync(Key($"object-{i}"), [.. Enumerable.Range(0, 5).Select(piece => (ReadOnlyMemory<byte>)Bytes(50_000, seed: 10 * i + piece))]));

        for (int i = 0; i < keys.Length; i++)
        {
            await AssertContentAsync(OtherStore, keys[i], Enumerable.Range(0, 5).SelectMany(piece => Bytes(50_000, seed: 10 * i + piece)).ToArray());
        }
    }

    [Fact]
    public async Task Completing_again_returns_the_same_key()
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));

        string key = await CompleteAsync(Store, token);

        Assert.Equal(key, await Store.CompleteUploadAsync(token, Cancel));
        Assert.Equal(key, await OtherStore.CompleteUploadAsync(token, Cancel));
        await AssertContentAsync(OtherStore, key, Bytes(1000));
        Assert.Equal([key], await ListAllAsync(Store, Key("")));
    }

    [Fact]
    public async Task An_upload_that_an_appender_completed_is_complete_for_its_token()
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));
        string? key;
        await using (ObjectAppender appender = await OpenAppenderAsync(Store, token))
        {
            key = await appender.CompleteAsync(Cancel);
        }

        Assert.NotNull(key);
        Assert.Equal(key, await OtherStore.CompleteUploadAsync(token, Cancel));
        await AssertContentAsync(OtherStore, key, Bytes(1000));
    }

    [Fact]
    public async Task A_complete_upload_takes_no_more_bytes()
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));
        string key = await CompleteAsync(Store, token);

        Assert.Null(await Store.OpenAppendAsync(token, Cancel));
        Assert.Null(await OtherStore.OpenAppendAsync(token, Cancel));
        await AssertContentAsync(OtherStore, key, Bytes(1000));
    }

    [Fact]
    public async Task A_completed_object_that_was_deleted_does_not_come_back()
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));
        string key = await CompleteAsync(Store, token);
        await OtherStore.DeleteAsync(key, Cancel);

        // Whether the store still knows that it was complete is its own affair.
        await Store.CompleteUploadAsync(token, Cancel);
        Assert.Null(await Store.OpenAppendAsync(token, Cancel));

        await AssertAbsentAsync(OtherStore, key);
        Assert.Empty(await ListAllAsync(OtherStore, Key("")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(6 * MiB)]
    public async Task An_aborted_upload_is_gone_for_good(int length)
    {
        UploadToken begun = await Store.BeginUploadAsync(Key("object"), Cancel);
        UploadToken token = length == 0 ? begun : await AppendAsync(Store, begun, Bytes(length));

        await OtherStore.AbortUploadAsync(token, Cancel);

        foreach (UploadToken gone in (UploadToken[])[token, begun])
        {
            Assert.Null(await Store.OpenAppendAsync(gone, Cancel));
            Assert.Null(await OtherStore.CompleteUploadAsync(gone, Cancel));
            await Store.AbortUploadAsync(gone, Cancel);
        }

        await AssertAbsentAsync(Store, Key("object"));
        Assert.Empty(await ListAllAsync(OtherStore, Key("")));
    }

    [Fact]
    public async Task Aborting_a_complete_upload_leaves_the_object()
    {
        UploadToken begun = await Store.BeginUploadAsync(Key("object"), Cancel);
        UploadToken token = await AppendAsync(Store, begun, Bytes(1000));
        string key = await CompleteAsync(Store, token);

        await Store.AbortUploadAsync(token, Cancel);
        await OtherStore.AbortUploadAsync(begun, Cancel);

        await AssertContentAsync(OtherStore, key, Bytes(1000));
        Assert.Equal(key, await Store.CompleteUploadAsync(token, Cancel));
    }

    [Fact]
    public async Task What_is_appended_to_an_upload_that_is_aborted_meanwhile_comes_to_nothing()
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));
        ObjectAppender appender = await OpenAppenderAsync(Store, token);
        string? key = null;
        try
        {
            await appender.WriteAsync(Bytes(1000), Cancel);
            if (await StoreAssert.FaultOfAsync(() => OtherStore.AbortUploadAsync(token, Cancel).AsTask()) is { } fault)
            {
                Assert.IsType<UploadBusyException>(fault);
            }
            else
            {
                await StoreAssert.FaultOfAsync(async () =>
                {
                    await appender.WriteAsync(Bytes(6 * MiB), Cancel);
                    key = await appender.CompleteAsync(Cancel);
                });
            }
        }
        finally
        {
            await appender.DisposeAsync();
        }

        Assert.Null(key);
        await OtherStore.AbortUploadAsync(token, Cancel);
        Assert.Null(await Store.CompleteUploadAsync(token, Cancel));
        await AssertAbsentAsync(OtherStore, Key("object"));
        Assert.Empty(await ListAllAsync(OtherStore, Key("")));
    }

    [Fact]
    public async Task Of_completing_and_aborting_one_upload_at_the_same_time_one_happens()
    {
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key($"object-{round}"), Cancel), Bytes(1000));

            string? key = (await TogetherAsync<string?>(
                () => Store.CompleteUploadAsync(token, Cancel).AsTask(),
                async () =>
                {
                    await OtherStore.AbortUploadAsync(token, Cancel);
                    return null;
                }))[0];

            Assert.Equal(key, await OtherStore.CompleteUploadAsync(token, Cancel));
            if (key is null)
            {
                await AssertAbsentAsync(Store, Key($"object-{round}"));
            }
            else
            {
                await AssertContentAsync(Store, key, Bytes(1000));
            }
        }
    }

    [Fact]
    public async Task Completing_one_upload_twice_at_the_same_time_makes_one_object()
    {
        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key($"object-{round}"), Cancel), Bytes(1000));

            string?[] keys = await TogetherAsync(
                () => Store.CompleteUploadAsync(token, Cancel).AsTask(),
                () => OtherStore.CompleteUploadAsync(token, Cancel).AsTask());

            Assert.NotNull(keys[0]);
            Assert.Equal(keys[0], keys[1]);
            await AssertContentAsync(Store, keys[0]!, Bytes(1000));
            Assert.Equal([keys[0]!], await ListAllAsync(Store, Key($"object-{round}")));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("no token")]
    [InlineData("../../x")]
    [InlineData("é/日本/\n")]
    public async Task A_token_that_no_store_issued_is_refused(string text)
    {
        var token = new UploadToken(text);

        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.OpenAppendAsync(token, Cancel).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.CompleteUploadAsync(token, Cancel).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.AbortUploadAsync(token, Cancel).AsTask());
    }

    private async Task<string> UploadAsync(string key, params ReadOnlyMemory<byte>[] pieces)
    {
        await using ObjectAppender appender = await OpenAppenderAsync(Store, await Store.BeginUploadAsync(key, Cancel));
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            await appender.WriteAsync(piece, Cancel);
        }

        string? stored = await appender.CompleteAsync(Cancel);
        AssertStoredAs(key, stored);
        return stored!;
    }

    private static async Task<ObjectAppender> OpenAppenderAsync(IObjectStore store, UploadToken token)
    {
        ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel);
        Assert.True(appender is not null, "The upload is gone.");
        return appender;
    }

    /// <summary>Appends through an appender of its own and returns the new token.</summary>
    private static async Task<UploadToken> AppendAsync(IObjectStore store, UploadToken token, ReadOnlyMemory<byte> bytes)
    {
        await using ObjectAppender appender = await OpenAppenderAsync(store, token);
        await appender.WriteAsync(bytes, Cancel);
        UploadToken flushed = await appender.FlushAsync(Cancel);
        AssertToken(flushed);
        return flushed;
    }

    private async Task<string> CompleteAsync(IObjectStore store, UploadToken token)
    {
        string? key = await store.CompleteUploadAsync(token, Cancel);
        AssertStoredAs(Key("object"), key);
        return key!;
    }

    private static void AssertStoredAs(string asked, string? key)
    {
        Assert.True(key is not null, $"The upload to '{asked}' is gone.");
        Assert.True(ObjectKey.IsValid(key), $"'{key}' is no key.");
        Assert.StartsWith(asked, key, StringComparison.Ordinal);
    }

    private static void AssertToken(UploadToken token)
    {
        Assert.InRange(token.Value.Length, 1, 64 * 1024);
        Assert.DoesNotContain(token.Value, c => c is < ' ' or > '~');
    }
}
