using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Storage.FileSystem;

public sealed class SeveralProcessesTests : IDisposable
{
    private readonly StoreFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Increments_of_two_processes_lose_no_update()
    {
        const int Each = 100;
        await using FileSystemObjectStore store = folder.Open();
        await store.PutAsync("counter", "0"u8.ToArray(), PutCondition.IfAbsent, Cancel);
        using StoreWorker worker = StoreWorker.Start("increment", folder.Root, "counter", Each.ToString(CultureInfo.InvariantCulture));

        for (int done = 0, attempts = 0; done < Each; attempts++)
        {
            Assert.True(attempts < 100_000, "The counter is never written.");
            SmallObject read = (await store.GetAsync("counter", Cancel))!;
            int next = int.Parse(read.Content.Span, CultureInfo.InvariantCulture) + 1;
            byte[] content = Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture));
            done += (await store.PutAsync("counter", content, PutCondition.IfMatch(read.ETag), Cancel)).Succeeded ? 1 : 0;
        }

        Assert.Equal(0, await worker.WaitAsync(Cancel));
        Assert.Equal(2 * Each, int.Parse((await store.GetAsync("counter", Cancel))!.Content.Span, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Of_a_put_and_a_delete_of_two_processes_with_one_etag_exactly_one_succeeds()
    {
        const int Objects = 200;

        // Large, so that there is time between the look and the removal.
        byte[] first = new byte[500_000];
        await using FileSystemObjectStore store = folder.Open();
        string etag = (await store.PutAsync("race/any", first, PutCondition.None, Cancel)).ETag!;
        using StoreWorker worker = StoreWorker.Start("delete", folder.Root, "race", etag, Objects.ToString(CultureInfo.InvariantCulture));

        for (int i = 0; i < Objects; i++)
        {
            Assert.True((await store.PutAsync($"race/{i}", first, PutCondition.IfAbsent, Cancel)).Succeeded);
            bool replaced = (await store.PutAsync($"race/{i}", "second"u8.ToArray(), PutCondition.IfMatch(etag), Cancel)).Succeeded;
            bool removed = bool.Parse((await worker.ReadAsync(1, Cancel)).Single());

            Assert.True(replaced != removed, $"Object {i} was replaced: {replaced}, and removed: {removed}.");
            Assert.Equal(replaced, await store.GetAsync($"race/{i}", Cancel) is not null);
        }

        Assert.Equal(0, await worker.WaitAsync(Cancel));
    }

    [Fact]
    public async Task An_upload_of_a_process_that_is_killed_is_found_and_aborted_by_its_key()
    {
        using StoreWorker worker = StoreWorker.Start("append", folder.Root, "data/upload");
        List<string> tokens = await worker.ReadAsync(3, Cancel);
        await using FileSystemObjectStore store = folder.Open();
        tokens.AddRange(await worker.KillAsync(Cancel));

        UnfinishedUpload upload = Assert.Single((await store.ListUnfinishedAsync("data/", null, 10, Cancel)).Uploads);
        Assert.Equal("data/upload", upload.Key);
        await store.AbortUploadAsync(upload.Token, Cancel);

        Assert.Null(await store.OpenAppendAsync(new UploadToken(tokens[^1]), Cancel));
        Assert.Empty((await store.ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
        Assert.All(Directory.EnumerateFiles(folder.PathOf("staging")), static file => Assert.EndsWith(".gone", file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_killed_while_it_puts_leaves_whole_objects_and_no_lock()
    {
        using StoreWorker worker = StoreWorker.Start("put", folder.Root);
        List<string> lines = await worker.ReadAsync(1500, Cancel);
        lines.AddRange(await worker.KillAsync(Cancel));

        await using FileSystemObjectStore store = folder.Open();
        var listed = new List<string>();
        for (KeyPage? page = null; page is null || page.HasMore; listed.AddRange(page.Keys))
        {
            page = await store.ListAsync("", page?.Keys[^1], 100, Cancel);
        }

        // Each writer may have had one more change on its way, to the key after the last that it named.
        Dictionary<string, string> acknowledged = lines.Select(line => line.Split(' ')).GroupBy(line => line[0]).ToDictionary(line => line.Key, line => line.Last()[1]);
        HashSet<string> underway = [.. lines.GroupBy(line => line.Split('/')[1]).Select(writer => NextKey(writer.Last().Split(' ')[0]))];
        foreach ((string key, string etag) in acknowledged)
        {
            SmallObject? found = await store.GetAsync(key, Cancel);
            Assert.True(underway.Contains(key) || (found?.ETag ?? "-") == etag, $"'{key}' is not as acknowledged.");
        }

        Assert.NotEmpty(listed);
        foreach (string key in listed)
        {
            ReadOnlyMemory<byte> content = (await store.GetAsync(key, Cancel))!.Content;
            Assert.True(content.Length > SHA256.HashSizeInBytes, $"'{key}' has {content.Length} bytes.");
            Assert.Equal(SHA256.HashData(content.Span[SHA256.HashSizeInBytes..]), content[..SHA256.HashSizeInBytes].ToArray());
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        foreach (string key in acknowledged.Keys)
        {
            Assert.True((await store.PutAsync(key, "after"u8.ToArray(), PutCondition.None, patience.Token)).Succeeded);
        }

        static string NextKey(string key)
        {
            string[] parts = key.Split('/');
            return $"{parts[0]}/{parts[1]}/{(int.Parse(parts[2], CultureInfo.InvariantCulture) + 1) % 50}";
        }
    }

    [Fact]
    public async Task An_upload_of_a_process_that_is_killed_goes_on_from_its_last_token()
    {
        using StoreWorker worker = StoreWorker.Start("append", folder.Root, "data/upload");
        List<string> tokens = await worker.ReadAsync(20, Cancel);
        await using FileSystemObjectStore store = folder.Open();
        await Assert.ThrowsAsync<UploadBusyException>(() => store.OpenAppendAsync(new UploadToken(tokens[^1]), Cancel).AsTask());
        await Assert.ThrowsAsync<UploadBusyException>(() => store.CompleteUploadAsync(new UploadToken(tokens[^1]), Cancel).AsTask());

        tokens.AddRange(await worker.KillAsync(Cancel));

        string? key;
        long length;
        await using (ObjectAppender? appender = await store.OpenAppendAsync(new UploadToken(tokens[^1]), Cancel))
        {
            Assert.NotNull(appender);
            length = appender.Length;
            Assert.Equal((tokens.Count / 2 * 300_000) + (tokens.Count % 2 * 100_000), length);
            await appender.WriteAsync("end"u8.ToArray(), Cancel);
            key = await appender.CompleteAsync(Cancel);
        }

        Assert.Equal("data/upload", key);
        await using ObjectContent? content = await store.OpenReadAsync("data/upload", 0, null, Cancel);
        Assert.NotNull(content);
        byte[] bytes = new byte[content.TotalLength];
        await content.Stream.ReadExactlyAsync(bytes, Cancel);
        Assert.Equal(length + 3, bytes.Length);
        for (int i = 0; i < length; i++)
        {
            Assert.True(bytes[i] == (byte)(i / 300_000), $"Byte {i} is {bytes[i]}.");
        }

        Assert.Equal("end"u8, bytes.AsSpan((int)length));
    }
}
