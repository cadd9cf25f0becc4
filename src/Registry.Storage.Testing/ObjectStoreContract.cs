using System.Security.Cryptography;
using Xunit;

namespace Registry.Storage.Testing;

/// <summary>
/// The contract of <see cref="IObjectStore"/>, as tests. An adapter passes when a class of its test project that derives from this one passes:
/// <code>public sealed class MyStoreTests(MyFixture fixture) : ObjectStoreContract(fixture), IClassFixture&lt;MyFixture&gt;;</code>
/// </summary>
/// <param name="fixture">Where the stores come from. All tests share its place and each keeps to keys of its own.</param>
public abstract partial class ObjectStoreContract(ObjectStoreFixture fixture) : IAsyncLifetime
{
    /// <summary>What all keys of all tests start with: a listing of the whole place may show nothing else.</summary>
    private const string AllTests = "contract/";

    private readonly string root = $"{AllTests}{RandomNumberGenerator.GetHexString(16, lowercase: true)}/";
    private readonly List<IObjectStore> opened = [];

    /// <summary>The store under test.</summary>
    protected IObjectStore Store { get; private set; } = null!;

    /// <summary>Another instance over the same place, as another node has it.</summary>
    protected IObjectStore OtherStore { get; private set; } = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        Store = await OpenAnotherStoreAsync();
        OtherStore = await OpenAnotherStoreAsync();
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (IObjectStore store in opened)
        {
            await StoreLifetime.DisposeAsync(store);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A key that belongs to the running test alone.</summary>
    /// <param name="name">The rest of the key.</param>
    protected string Key(string name) => root + name;

    /// <summary>Opens one more instance over the same place. It is disposed with the test.</summary>
    protected async ValueTask<IObjectStore> OpenAnotherStoreAsync()
    {
        IObjectStore store = await fixture.OpenStoreAsync(Cancel);
        opened.Add(store);
        return store;
    }

    /// <summary>The instances that a race is spread over.</summary>
    private async ValueTask<IObjectStore[]> OpenRacersAsync() => [Store, OtherStore, await OpenAnotherStoreAsync()];

    private async Task<string> PutAsync(string key, ReadOnlyMemory<byte> content)
    {
        PutResult result = await Store.PutAsync(key, content, PutCondition.None, Cancel);
        Assert.True(result.Succeeded, $"An unconditional put of '{key}' failed.");
        return result.ETag!;
    }

    private Task PutAllAsync(IEnumerable<string> keys) => Parallel.ForEachAsync(
        keys,
        new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel },
        async (key, cancel) => Assert.True((await Store.PutAsync(key, ContentOf(key), PutCondition.IfAbsent, cancel)).Succeeded, $"'{key}' was there already."));

    private static async Task<SmallObject> GetAsync(IObjectStore store, string key)
    {
        SmallObject? found = await store.GetAsync(key, Cancel);
        Assert.True(found is not null, $"'{key}' is not there.");
        return found;
    }

    private static async Task AssertContentAsync(IObjectStore store, string key, ReadOnlyMemory<byte> expected)
    {
        SmallObject found = await GetAsync(store, key);
        StoreAssert.Bytes(expected, found.Content, key);
        StoreAssert.Bytes(expected, await ReadAsync(store, key), key);
    }

    private static async Task AssertAbsentAsync(IObjectStore store, string key)
    {
        Assert.Null(await store.GetAsync(key, Cancel));
        await using ObjectContent? opened = await store.OpenReadAsync(key, 0, null, Cancel);
        Assert.Null(opened);
        Assert.DoesNotContain(key, await ListAllAsync(store, key));
    }

    /// <summary>Reads an object through its stream.</summary>
    private static async Task<byte[]> ReadAsync(IObjectStore store, string key, long offset = 0, long? length = null)
    {
        await using ObjectContent? content = await store.OpenReadAsync(key, offset, length, Cancel);
        Assert.True(content is not null, $"'{key}' is not there.");
        using var bytes = new MemoryStream();
        await content.Stream.CopyToAsync(bytes, Cancel);
        if (offset == 0 && length is null)
        {
            Assert.Equal(bytes.Length, content.TotalLength);
        }

        return bytes.ToArray();
    }

    /// <summary>Pages through a listing and checks what every page must keep.</summary>
    private static async Task<List<string>> ListAllAsync(IObjectStore store, string prefix, string? startAfter = null, int limit = ObjectStoreLimits.MaxPageKeys)
    {
        var all = new List<string>();
        string? last = startAfter;
        while (true)
        {
            KeyPage page = await store.ListAsync(prefix, last, limit, Cancel);
            Assert.InRange(page.Keys.Count, 0, limit);
            foreach (string key in page.Keys)
            {
                Assert.StartsWith(prefix, key, StringComparison.Ordinal);
                Assert.True(last is null || string.CompareOrdinal(last, key) < 0, $"'{key}' is listed after '{last}'.");
                all.Add(key);
                last = key;
            }

            if (!page.HasMore)
            {
                return all;
            }

            Assert.True(page.Keys.Count > 0, "An empty page said that there was more.");
            await Task.Yield();
        }
    }

    private static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Join(byte[] first, byte[] second) => [.. first, .. second];

    private static byte[] ContentOf(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>
    /// Runs work at the same time, on several threads (a store may complete every call at once on the caller's own) and with a start that differs from
    /// round to round.
    /// </summary>
    private static async Task<T[]> TogetherAsync<T>(params IEnumerable<Func<Task<T>>> work)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<T[]> all = Task.WhenAll(work.Select(async one =>
        {
            await start.Task.ConfigureAwait(false);
            for (int i = Random.Shared.Next(4); i > 0; i--)
            {
                await Task.Yield();
            }

            return await one();
        }));
        start.SetResult();
        return await all;
    }

    private static Task<T[]> TogetherAsync<T>(int count, Func<int, Task<T>> work) =>
        TogetherAsync(Enumerable.Range(0, count).Select<int, Func<Task<T>>>(i => () => work(i)));
}
