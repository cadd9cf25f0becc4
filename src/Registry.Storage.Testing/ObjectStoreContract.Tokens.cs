using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    [Fact]
    public async Task Another_instance_goes_on_where_the_token_says()
    {
        byte[] content = Bytes(3000);
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content.AsMemory(0, 1000));
        token = await AppendAsync(OtherStore, token, content.AsMemory(1000, 1000));
        IObjectStore third = await OpenAnotherStoreAsync();
        token = await AppendAsync(third, token, content.AsMemory(2000));

        await AssertContentAsync(Store, await CompleteAsync(OtherStore, token), content);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(12 * MiB)]
    public async Task What_was_not_flushed_is_dropped_with_the_appender(int dropped)
    {
        byte[] content = Bytes(2000);
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content.AsMemory(0, 1000));
        await using (ObjectAppender appender = await OpenAppenderAsync(Store, token))
        {
            await appender.WriteAsync(Bytes(dropped, seed: 2), Cancel);
        }

        await using (ObjectAppender appender = await OpenAppenderAsync(OtherStore, token))
        {
            Assert.Equal(1000, appender.Length);
            await appender.WriteAsync(content.AsMemory(1000), Cancel);
            token = await appender.FlushAsync(Cancel);
        }

        await AssertContentAsync(OtherStore, await CompleteAsync(Store, token), content);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(12 * MiB)]
    public async Task Completing_a_token_drops_what_was_written_after_it_and_not_flushed(int dropped)
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));
        await using (ObjectAppender appender = await OpenAppenderAsync(Store, token))
        {
            await appender.WriteAsync(Bytes(dropped, seed: 2), Cancel);
        }

        await AssertContentAsync(OtherStore, await CompleteAsync(OtherStore, token), Bytes(1000));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(12 * MiB)]
    public async Task Going_on_from_an_older_token_drops_the_later_bytes(int later)
    {
        byte[] first = Bytes(1000, seed: 1);
        UploadToken older = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), first);
        UploadToken newer = await AppendAsync(Store, older, Bytes(later, seed: 2));
        await AppendAsync(Store, newer, Bytes(later, seed: 3));

        UploadToken resumed;
        await using (ObjectAppender appender = await OpenAppenderAsync(OtherStore, older))
        {
            Assert.Equal(1000, appender.Length);
            await appender.WriteAsync(Bytes(300, seed: 4), Cancel);
            Assert.Equal(1300, appender.Length);
            resumed = await appender.FlushAsync(Cancel);
        }

        await AssertContentAsync(OtherStore, await CompleteAsync(Store, resumed), Join(first, Bytes(300, seed: 4)));
    }

    [Fact]
    public async Task Going_on_from_the_first_token_starts_over()
    {
        UploadToken begun = await Store.BeginUploadAsync(Key("object"), Cancel);
        await AppendAsync(Store, begun, Bytes(1000, seed: 1));

        UploadToken token = await AppendAsync(OtherStore, begun, Bytes(10, seed: 2));

        await AssertContentAsync(Store, await CompleteAsync(Store, token), Bytes(10, seed: 2));
    }

    [Fact]
    public async Task Completing_an_older_token_gives_exactly_its_bytes()
    {
        UploadToken older = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));
        UploadToken newer = await AppendAsync(Store, older, Bytes(500, seed: 2));

        string key = await CompleteAsync(OtherStore, older);

        await AssertContentAsync(Store, key, Bytes(1000));
        Assert.Null(await TryCompleteAsync(Store, newer));
        await AssertContentAsync(Store, key, Bytes(1000));
    }

    [Fact]
    public async Task A_token_with_fewer_bytes_does_not_pass_for_the_complete_upload()
    {
        UploadToken older = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));
        UploadToken newer = await AppendAsync(Store, older, Bytes(500, seed: 2));

        string key = await CompleteAsync(Store, newer);

        Assert.Null(await TryCompleteAsync(OtherStore, older));
        await AssertContentAsync(OtherStore, key, Join(Bytes(1000), Bytes(500, seed: 2)));
    }

    [Fact]
    public async Task Opening_and_disposing_an_appender_changes_nothing()
    {
        byte[] content = Bytes(1500);
        UploadToken older = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content.AsMemory(0, 1000));
        UploadToken newer = await AppendAsync(Store, older, content.AsMemory(1000));

        // What a node does that finds, after it opened, that its token was no longer the newest.
        await using (ObjectAppender appender = await OpenAppenderAsync(OtherStore, older))
        {
            Assert.Equal(1000, appender.Length);
        }

        await AssertContentAsync(OtherStore, await CompleteAsync(Store, newer), content);
    }

    [Fact]
    public async Task An_appender_goes_on_after_a_flush_and_every_token_of_its_chain_stays_good()
    {
        byte[] content = Bytes(300_000);
        var tokens = new Dictionary<int, UploadToken>();
        await using (ObjectAppender appender = await OpenAppenderAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel)))
        {
            int written = 0;
            foreach (int length in (int[])[1, 70_000, 29_999, 200_000])
            {
                await appender.WriteAsync(content.AsMemory(written, length), Cancel);
                written += length;
                tokens.Add(written, await appender.FlushAsync(Cancel));
            }
        }

        foreach ((int length, UploadToken token) in tokens)
        {
            await using ObjectAppender appender = await OpenAppenderAsync(OtherStore, token);
            Assert.Equal(length, appender.Length);
        }

        await AssertContentAsync(OtherStore, await CompleteAsync(OtherStore, tokens[100_000]), content.AsMemory(0, 100_000));
    }

    [Fact]
    public async Task A_flush_without_new_bytes_stands_for_the_same_bytes()
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));
        token = await AppendAsync(OtherStore, token, default);
        token = await AppendAsync(Store, token, default);

        await AssertContentAsync(OtherStore, await CompleteAsync(Store, token), Bytes(1000));
    }

    [Theory]
    [InlineData(0, 700)]
    [InlineData(1, 700)]
    [InlineData(0, 9 * MiB)]
    [InlineData(1, 9 * MiB)]
    public async Task Appenders_that_take_turns_on_one_upload_never_mix_their_bytes(int chosen, int half)
    {
        byte[] common = Bytes(1000);
        byte[][] own = [Bytes(2 * half, seed: 2), Bytes(2 * half, seed: 3)];
        UploadToken start = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), common);
        var tokens = new UploadToken?[2];

        await using (ObjectAppender first = await OpenAppenderAsync(Store, start))
        {
            await first.WriteAsync(own[0].AsMemory(0, half), Cancel);
            ObjectAppender? second = null;
            try
            {
                IOException? busy = await StoreAssert.FaultOfAsync(async () => second = await OtherStore.OpenAppendAsync(start, Cancel));
                if (busy is not null)
                {
                    Assert.IsType<UploadBusyException>(busy);
                }

                await TryAsync(second, own[1].AsMemory(0, half));
                await TryAsync(first, own[0].AsMemory(half));
                await TryAsync(second, own[1].AsMemory(half));
                tokens[0] = await TryFlushAsync(first);
                tokens[1] = await TryFlushAsync(second);
            }
            finally
            {
                await (second?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }

        Assert.True(tokens[0] is not null || tokens[1] is not null, "Neither appender came through.");
        await AssertChainAsync(start, common, tokens[chosen], own[chosen]);

        static async Task TryAsync(ObjectAppender? appender, ReadOnlyMemory<byte> bytes)
        {
            if (appender is not null)
            {
                await StoreAssert.FaultOfAsync(() => appender.WriteAsync(bytes, Cancel).AsTask());
            }
        }
    }

    [Fact]
    public async Task Appenders_that_race_on_one_upload_never_mix_their_bytes()
    {
        for (int round = 0; round < Math.Max(2, fixture.RaceRounds / 2); round++)
        {
            int chosen = round % 2;
            byte[] common = Bytes(1000, seed: round);
            byte[][] own = [Bytes(100_000, seed: 1001), Bytes(100_000, seed: 1002)];
            UploadToken start = await AppendAsync(Store, await Store.BeginUploadAsync(Key($"object-{round}"), Cancel), common);

            UploadToken?[] tokens = await TogetherAsync(() => AppendInPiecesAsync(Store, own[0]), () => AppendInPiecesAsync(OtherStore, own[1]));

            Assert.True(tokens[0] is not null || tokens[1] is not null, "Neither appender came through.");
            await AssertChainAsync(start, common, tokens[chosen], own[chosen]);

            async Task<UploadToken?> AppendInPiecesAsync(IObjectStore store, byte[] bytes)
            {
                ObjectAppender? appender = null;
                UploadToken? token = null;
                IOException? fault;
                try
                {
                    fault = await StoreAssert.FaultOfAsync(async () =>
                    {
                        appender = await store.OpenAppendAsync(start, Cancel);
                        for (int written = 0; appender is not null && written < bytes.Length; written += 10_000)
                        {
                            await appender.WriteAsync(bytes.AsMemory(written, 10_000), Cancel);
                            token = await appender.FlushAsync(Cancel);
                            await Task.Yield();
                        }
                    });
                }
                finally
                {
                    await (appender?.DisposeAsync() ?? ValueTask.CompletedTask);
                }

                return fault is null ? token : null;
            }
        }
    }

    /// <summary>A token of two that went their own ways from <paramref name="start"/> gives its own bytes, or fails and leaves the start good.</summary>
    private async Task AssertChainAsync(UploadToken start, byte[] common, UploadToken? token, byte[] own)
    {
        if (token is { } issued && await TryCompleteAsync(Store, issued) is { } key)
        {
            StoreAssert.Bytes(Join(common, own), await ReadAsync(OtherStore, key), key);
            return;
        }

        UploadToken again = await AppendAsync(OtherStore, start, Bytes(10, seed: 4));
        key = await TryCompleteAsync(Store, again) ?? throw new InvalidOperationException("Nobody can go on with the upload any more.");
        StoreAssert.Bytes(Join(common, Bytes(10, seed: 4)), await ReadAsync(OtherStore, key), key);
    }

    private static async Task<string?> TryCompleteAsync(IObjectStore store, UploadToken token)
    {
        string? key = null;
        await StoreAssert.FaultOfAsync(async () => key = await store.CompleteUploadAsync(token, Cancel));
        return key;
    }

    private static async Task<UploadToken?> TryFlushAsync(ObjectAppender? appender)
    {
        UploadToken? token = null;
        if (appender is not null)
        {
            await StoreAssert.FaultOfAsync(async () => token = await appender.FlushAsync(Cancel));
        }

        return token;
    }
}
