using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    [Fact]
    public async Task An_operation_that_was_cancelled_before_it_began_changes_nothing()
    {
        byte[] content = Bytes(1000);
        string etag = await PutAsync(Key("object"), content);
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("upload"), Cancel), content);

        await AssertCancelledAsync(() => Store.GetAsync(Key("object"), Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.OpenReadAsync(Key("object"), 0, null, Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.PutAsync(Key("object"), Bytes(10), PutCondition.None, Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.PutAsync(Key("object"), Bytes(10), PutCondition.IfMatch(etag), Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.PutAsync(Key("absent"), Bytes(10), PutCondition.IfAbsent, Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.PutAsync(Key("absent"), Bytes(10), PutCondition.None, Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.DeleteAsync(Key("object"), Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.ListAsync(Key(""), null, 10, Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.BeginUploadAsync(Key("absent"), Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.OpenAppendAsync(token, Cancelled).AsTask());
        await AssertCancelledAsync(() => Store.CompleteUploadAsync(token, Cancelled).AsTask());
        await AssertAbsentAsync(OtherStore, Key("upload"));
        await AssertCancelledAsync(() => Store.AbortUploadAsync(token, Cancelled).AsTask());

        await AssertContentAsync(OtherStore, Key("object"), content);
        Assert.Equal([Key("object")], await ListAllAsync(Store, Key("")));
        string? key = await Store.CompleteUploadAsync(token, Cancel);
        AssertStoredAs(Key("upload"), key);
        await AssertContentAsync(OtherStore, key!, content);
    }

    [Fact]
    public async Task Operations_of_an_appender_that_were_cancelled_leave_the_last_token_good()
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(1000));

        await using (ObjectAppender appender = await OpenAppenderAsync(Store, token))
        {
            await AssertCancelledAsync(() => appender.WriteAsync(Bytes(100, seed: 2), Cancelled).AsTask());
        }

        await using (ObjectAppender appender = await OpenAppenderAsync(Store, token))
        {
            await appender.WriteAsync(Bytes(100, seed: 2), Cancel);
            await AssertCancelledAsync(() => appender.FlushAsync(Cancelled).AsTask());
        }

        await using (ObjectAppender appender = await OpenAppenderAsync(Store, token))
        {
            await appender.WriteAsync(Bytes(100, seed: 2), Cancel);
            await AssertCancelledAsync(() => appender.CompleteAsync(Cancelled).AsTask());
        }

        await AssertAbsentAsync(OtherStore, Key("object"));
        await AssertContentAsync(OtherStore, await CompleteAsync(OtherStore, token), Bytes(1000));
    }

    [Fact]
    public async Task An_append_that_is_cancelled_on_its_way_leaves_the_last_token_good()
    {
        byte[] content = Bytes(2000);
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content.AsMemory(0, 1000));

        foreach (int length in (int[])[1000, MiB, 24 * MiB])
        {
            using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            await using ObjectAppender appender = await OpenAppenderAsync(Store, token);
            ValueTask write = appender.WriteAsync(Bytes(length, seed: 2), cancellation.Token);
            await cancellation.CancelAsync();
            await OutcomeAsync(write.AsTask());
        }

        await using (ObjectAppender appender = await OpenAppenderAsync(OtherStore, token))
        {
            Assert.Equal(1000, appender.Length);
        }

        token = await AppendAsync(Store, token, content.AsMemory(1000));
        await AssertContentAsync(OtherStore, await CompleteAsync(Store, token), content);
    }

    [Fact]
    public async Task A_put_that_is_cancelled_on_its_way_is_written_whole_or_not_at_all()
    {
        byte[] before = Bytes(100_000, seed: 1);
        byte[] after = Bytes(200_000, seed: 2);

        for (int round = 0; round < fixture.RaceRounds; round++)
        {
            await PutAsync(Key("object"), before);
            using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

            ValueTask<PutResult> put = Store.PutAsync(Key("object"), after, PutCondition.None, cancellation.Token);
            await cancellation.CancelAsync();
            bool written = await OutcomeAsync(put.AsTask());

            SmallObject read = await GetAsync(OtherStore, Key("object"));
            StoreAssert.Bytes(written || read.Content.Length == after.Length ? after : before, read.Content, Key("object"));
        }
    }

    [Fact]
    public async Task A_read_of_a_stream_takes_a_token_of_its_own()
    {
        byte[] content = Bytes(ObjectStoreLimits.MaxSmallObjectBytes);
        await PutAsync(Key("object"), content);
        using (var opening = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        {
            await using ObjectContent? read = await Store.OpenReadAsync(Key("object"), 0, null, opening.Token);
            Assert.NotNull(read);
            await opening.CancelAsync();

            byte[] streamed = new byte[content.Length];
            await read.Stream.ReadExactlyAsync(streamed, Cancel);

            StoreAssert.Bytes(content, streamed, Key("object"));
        }

        await using ObjectContent? again = await Store.OpenReadAsync(Key("object"), 0, null, Cancel);
        Assert.NotNull(again);
        await AssertCancelledAsync(() => again.Stream.ReadAsync(new byte[100], Cancelled).AsTask());
    }

    private static async Task AssertCancelledAsync(Func<Task> operation) => await Assert.ThrowsAnyAsync<OperationCanceledException>(operation);

    /// <summary>Whether work that was cancelled meanwhile was done after all. It may only end or be cancelled.</summary>
    private static async Task<bool> OutcomeAsync(Task work)
    {
        try
        {
            await work;
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
