using System.Security.Cryptography;
using System.Text;

namespace Registry.Storage.FileSystem;

public sealed class ListingTests : IDisposable
{
    private readonly StoreFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_folder_of_twenty_thousand_pages_exactly()
    {
        await using FileSystemObjectStore store = folder.Open();
        await store.ProbeAsync(Cancel);
        string[] keys = [.. Enumerable.Range(0, 20_000).Select(i => $"many/{Hash(i)}")];
        Directory.CreateDirectory(folder.PathOf("objects", "many"));
        foreach (string key in keys)
        {
            File.Create(folder.PathOf("objects", key)).Dispose();
        }

        await store.PutAsync("many-", "x"u8.ToArray(), PutCondition.None, Cancel);
        await store.PutAsync("many.", "x"u8.ToArray(), PutCondition.None, Cancel);
        await store.PutAsync("many0", "x"u8.ToArray(), PutCondition.None, Cancel);
        string[] expected = ["many-", "many.", .. keys.Order(StringComparer.Ordinal), "many0"];
        Assert.Equal(expected, await ListAsync(store, "", 1000));

        // Not changed for a while, so that what was read for one page may serve the next.
        MakeQuiet("objects", "many");
        Assert.Equal(expected.Where(key => key.StartsWith("many/7", StringComparison.Ordinal)), await ListAsync(store, "many/7", 77));
        Assert.Equal(expected, await ListAsync(store, "man", 999));
    }

    [Fact]
    public async Task A_change_shows_in_the_next_page_of_a_folder_that_was_remembered()
    {
        await using FileSystemObjectStore store = folder.Open();
        await using FileSystemObjectStore other = folder.Open();
        await store.ProbeAsync(Cancel);
        string objects = folder.PathOf("objects", "many");
        Directory.CreateDirectory(objects);
        List<string> keys = [.. Enumerable.Range(0, 1000).Select(i => $"many/{i:d4}")];
        foreach (string key in keys)
        {
            await File.WriteAllTextAsync(folder.PathOf("objects", key), "x", Cancel);
        }

        for (int round = 0; round < 20; round++)
        {
            MakeQuiet("objects", "many");
            Assert.Equal(keys, await ListAsync(store, "many/", 100));
            string added = $"many/{round:d4}-";
            await other.PutAsync(added, "x"u8.ToArray(), PutCondition.IfAbsent, Cancel);
            keys.Add(added);
            keys.Sort(StringComparer.Ordinal);
            Assert.Equal(keys, await ListAsync(store, "many/", 100));
            await other.DeleteAsync(keys[round * 3], Cancel);
            keys.RemoveAt(round * 3);
            Assert.Equal(keys, await ListAsync(store, "many/", 100));
        }
    }

    [Fact]
    public async Task Files_that_are_not_the_stores_are_no_keys()
    {
        await using FileSystemObjectStore store = folder.Open();
        await store.PutAsync("a/b", "x"u8.ToArray(), PutCondition.None, Cancel);
        string objects = folder.PathOf("objects");
        Directory.CreateDirectory(Path.Combine(objects, "lost+found"));
        Directory.CreateDirectory(Path.Combine(objects, ".snapshot", "a"));
        Directory.CreateDirectory(Path.Combine(objects, "empty", "of", "everything"));
        foreach (string name in (string[])[".nfs0001", ".DS_Store", "Thumbs.db", "a/.a.swp", "a/Copy of b", "a/%", "lost+found/a"])
        {
            await File.WriteAllTextAsync(Path.Combine(objects, name), "x", Cancel);
        }

        Assert.Equal(["a/b"], await ListAsync(store, "", 10));
    }

    [Fact]
    public async Task Deletes_leave_no_folders_behind()
    {
        await using FileSystemObjectStore store = folder.Open();
        await store.PutAsync("a/b/c/d", "x"u8.ToArray(), PutCondition.None, Cancel);
        await store.PutAsync("a/x", "x"u8.ToArray(), PutCondition.None, Cancel);

        await store.DeleteAsync("a/b/c/d", Cancel);
        Assert.Equal([folder.PathOf("objects", "a", "x")], Directory.EnumerateFileSystemEntries(folder.PathOf("objects", "a")));

        await store.DeleteAsync("a/x", Cancel);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.PathOf("objects")));
    }

    [Fact]
    public async Task Puts_and_deletes_that_make_and_empty_the_same_folders_do_not_fail()
    {
        FileSystemObjectStore[] stores = [folder.Open(), folder.Open()];
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, 8), Cancel, async (writer, cancel) =>
            {
                FileSystemObjectStore store = stores[writer % 2];
                for (int i = 0; i < 50; i++)
                {
                    string key = $"a/{i % 2}/b/{writer}";
                    Assert.True((await store.PutAsync(key, "x"u8.ToArray(), PutCondition.IfAbsent, cancel)).Succeeded);
                    Assert.NotNull(await stores[(writer + 1) % 2].GetAsync(key, cancel));
                    await store.DeleteAsync(key, cancel);
                }
            });

            Assert.Empty(await ListAsync(stores[0], "", 10));
        }
        finally
        {
            foreach (FileSystemObjectStore store in stores)
            {
                await store.DisposeAsync();
            }
        }
    }

    // As if nothing had changed in it for a while: the times of folders read just after a change are not relied upon.
    private void MakeQuiet(params string[] names) => Directory.SetLastWriteTimeUtc(folder.PathOf(names), TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1));

    private static string Hash(int i) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{i}")));

    private static async Task<List<string>> ListAsync(FileSystemObjectStore store, string prefix, int limit)
    {
        var keys = new List<string>();
        for (KeyPage? page = null; page is null || page.HasMore; keys.AddRange(page.Keys))
        {
            page = await store.ListAsync(prefix, page?.Keys[^1], limit, Cancel);
            Assert.InRange(page.Keys.Count, 0, limit);
        }

        return keys;
    }
}
