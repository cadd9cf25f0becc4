using Registry.Storage.InMemory;
using Registry.Storage.Testing;

namespace Registry.Storage;

public sealed class InMemoryObjectStoreContract(InMemoryStoreFixture fixture) : ObjectStoreContract(fixture), IClassFixture<InMemoryStoreFixture>;

public sealed class InMemoryStoreFixture : ObjectStoreFixture
{
    private readonly InMemoryObjectStore place = new(TimeProvider.System);

    public override bool DeletesConditionally => true;

    public override bool ListsUnfinishedUploads => true;

    public override ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IObjectStore>(place.Share());
}

/// <summary>What the in-memory store does beside the contract.</summary>
public sealed class InMemoryObjectStoreTests
{
    private readonly FixedTime time = new();
    private readonly InMemoryObjectStore store;

    public InMemoryObjectStoreTests() => store = new InMemoryObjectStore(time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_stores_share_nothing_unless_one_is_a_share_of_the_other()
    {
        await PutAsync("a");

        Assert.NotNull(await store.Share().GetAsync("a", Cancel));
        Assert.Null(await new InMemoryObjectStore(time).GetAsync("a", Cancel));
    }

    [Fact]
    public async Task Objects_have_the_time_of_the_stores_clock()
    {
        await PutAsync("a");

        Assert.Equal(time.GetUtcNow(), (await store.GetAsync("a", Cancel))!.LastModified);
    }

    [Fact]
    public async Task Equal_contents_have_equal_etags_as_on_s3()
    {
        PutResult first = await PutAsync("a");
        PutResult other = await PutAsync("b");
        await store.PutAsync("a", new byte[1], PutCondition.None, Cancel);
        PutResult again = await PutAsync("a");

        Assert.Equal(first, other);
        Assert.Equal(first, again);
    }

    [Theory]
    [InlineData("a", "a/b")]
    [InlineData("a/b", "a")]
    [InlineData("a/b/c/d", "a/b")]
    [InlineData("a/b", "a/b/c/d")]
    public async Task A_key_that_is_a_folder_of_another_is_a_mistake_of_the_user(string first, string second)
    {
        await PutAsync(first);

        await Assert.ThrowsAsync<InvalidOperationException>(() => PutAsync(second).AsTask());

        Assert.Equal([first], (await store.ListAsync("", null, 10, Cancel)).Keys);
        Assert.Null(await store.GetAsync(second, Cancel));
    }

    [Fact]
    public async Task An_upload_to_a_key_that_is_taken_is_a_mistake_of_the_user()
    {
        await PutAsync("a");
        UploadToken token = await store.BeginUploadAsync("a", Cancel);

        await Assert.ThrowsAsync<InvalidOperationException>(() => store.CompleteUploadAsync(token, Cancel).AsTask());

        Assert.Equal(3, (await store.GetAsync("a", Cancel))!.Content.Length);
    }

    private ValueTask<PutResult> PutAsync(string key) => store.PutAsync(key, new byte[] { 1, 2, 3 }, PutCondition.None, Cancel);

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }
}
