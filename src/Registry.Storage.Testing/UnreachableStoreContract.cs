using Xunit;

namespace Registry.Storage.Testing;

/// <summary>
/// What a store does whose server cannot be reached: every operation throws <see cref="StoreUnavailableException"/>, within a bounded time.
/// For adapters of stores that are somewhere else; a store that is always there has nothing to test here.
/// </summary>
/// <param name="fixture">Where a store that can be reached comes from: it issues the upload tokens that the unreachable one is asked about.</param>
public abstract class UnreachableStoreContract(ObjectStoreFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_get_says_so() => AssertUnavailableAsync((store, _) => store.GetAsync("contract/unreachable", Cancel).AsTask());

    [Fact]
    public Task Opening_an_object_says_so() => AssertUnavailableAsync((store, _) => store.OpenReadAsync("contract/unreachable", 0, null, Cancel).AsTask());

    [Fact]
    public async Task A_put_says_so()
    {
        foreach (PutCondition condition in (PutCondition[])[PutCondition.None, PutCondition.IfAbsent, PutCondition.IfMatch("0123456789abcdef0123456789abcdef")])
        {
            await AssertUnavailableAsync((store, _) => store.PutAsync("contract/unreachable", new byte[10], condition, Cancel).AsTask());
        }
    }

    [Fact]
    public Task A_delete_says_so() => AssertUnavailableAsync((store, _) => store.DeleteAsync("contract/unreachable", Cancel).AsTask());

    [Fact]
    public Task A_conditional_delete_says_so_where_there_is_one() => AssertUnavailableAsync((store, _) => store is IConditionalDeletes deletes
        ? deletes.DeleteAsync("contract/unreachable", "0123456789abcdef0123456789abcdef", Cancel).AsTask()
        : store.DeleteAsync("contract/unreachable", Cancel).AsTask());

    [Fact]
    public Task A_listing_of_unfinished_uploads_says_so_where_there_is_one() => AssertUnavailableAsync((store, _) => store is IUnfinishedUploads uploads
        ? uploads.ListUnfinishedAsync("contract/", null, 10, Cancel).AsTask()
        : store.ListAsync("contract/", null, 10, Cancel).AsTask());

    [Fact]
    public Task A_listing_says_so() => AssertUnavailableAsync((store, _) => store.ListAsync("contract/", null, 10, Cancel).AsTask());

    [Fact]
    public Task An_upload_says_so_by_its_first_flush() => AssertUnavailableAsync(async (store, _) =>
    {
        UploadToken begun = await store.BeginUploadAsync("contract/unreachable", Cancel);
        await AppendAsync(store, begun);
    });

    [Fact]
    public Task Going_on_with_an_upload_says_so_by_its_first_flush() => AssertUnavailableAsync(AppendAsync);

    [Fact]
    public Task Completing_an_upload_says_so() => AssertUnavailableAsync((store, token) => store.CompleteUploadAsync(token, Cancel).AsTask());

    [Fact]
    public Task Aborting_an_upload_says_so() => AssertUnavailableAsync((store, token) => store.AbortUploadAsync(token, Cancel).AsTask());

    [Fact]
    public Task A_cancelled_operation_is_cancelled_all_the_same() => WithStoreAsync(async (store, _) =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetAsync("contract/unreachable", new CancellationToken(canceled: true)).AsTask()));

    /// <summary>Opens a store whose server cannot be reached, say at a port of this machine that nobody listens on. Opening it is no operation and succeeds.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    protected abstract ValueTask<IObjectStore> OpenUnreachableStoreAsync(CancellationToken cancellationToken);

    private static async Task AppendAsync(IObjectStore store, UploadToken token)
    {
        await using ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel);
        Assert.True(appender is not null, "The store cannot know that the upload is gone.");
        await appender.WriteAsync(new byte[10], Cancel);
        await appender.FlushAsync(Cancel);
    }

    private Task AssertUnavailableAsync(Func<IObjectStore, UploadToken, Task> operation) => WithStoreAsync(async (store, token) =>
        await Assert.ThrowsAsync<StoreUnavailableException>(() => operation(store, token).WaitAsync(Patience, TimeProvider.System, Cancel)));

    private async Task WithStoreAsync(Func<IObjectStore, UploadToken, Task> test)
    {
        IObjectStore reachable = await fixture.OpenStoreAsync(Cancel);
        IObjectStore unreachable = await OpenUnreachableStoreAsync(Cancel);
        try
        {
            await test(unreachable, await reachable.BeginUploadAsync("contract/unreachable", Cancel));
        }
        finally
        {
            await StoreLifetime.DisposeAsync(unreachable);
            await StoreLifetime.DisposeAsync(reachable);
        }
    }
}
