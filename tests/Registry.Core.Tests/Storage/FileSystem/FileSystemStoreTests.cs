using System.Text;

namespace Registry.Storage.FileSystem;

public sealed class FileSystemStoreTests : IDisposable
{
    private readonly StoreFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_object_is_a_file_of_its_bytes_under_a_readable_name()
    {
        await using FileSystemObjectStore store = folder.Open();
        await store.PutAsync("repos/library/tags/Latest:1", "content"u8.ToArray(), PutCondition.IfAbsent, Cancel);

        Assert.Equal("content", await File.ReadAllTextAsync(folder.PathOf("objects", "repos", "library", "tags", "=latest%3a1"), Cancel));
    }

    [Fact]
    public async Task Leftovers_of_a_crash_are_swept_when_they_are_old_and_not_before()
    {
        await using (FileSystemObjectStore first = folder.Open())
        {
            await first.ProbeAsync(Cancel);
        }

        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        string old = await LeaveAsync("tmp", "0123-1", now.AddHours(-25));
        string young = await LeaveAsync("tmp", "0123-2", now.AddHours(-1));
        string oldTombstone = await LeaveAsync("staging", "0123.gone", now.AddHours(-25));
        string oldCuts = await LeaveAsync("staging", "0123.cuts", now.AddHours(-25));
        string oldUpload = await LeaveAsync("staging", "4567", now.AddDays(-5));
        string cutsOfIt = await LeaveAsync("staging", "4567.cuts", now.AddDays(-5));
        string keyOfIt = await LeaveAsync("staging", "4567.key", now.AddDays(-5));
        string oldKey = await LeaveAsync("staging", "0123.key", now.AddHours(-25));

        await using FileSystemObjectStore store = folder.Open();
        await store.ProbeAsync(Cancel);
        await Eventually.BecomesTrueAsync(() => !File.Exists(old) && !File.Exists(oldTombstone) && !File.Exists(oldCuts) && !File.Exists(oldKey), Cancel);

        Assert.True(File.Exists(young));
        Assert.True(File.Exists(oldUpload));
        Assert.True(File.Exists(cutsOfIt));
        Assert.True(File.Exists(keyOfIt));
    }

    [Fact]
    public async Task Puts_leave_no_temporary_files()
    {
        await using FileSystemObjectStore store = folder.Open();
        string etag = (await store.PutAsync("a", "1"u8.ToArray(), PutCondition.None, Cancel)).ETag!;
        await store.PutAsync("a", "2"u8.ToArray(), PutCondition.IfAbsent, Cancel);
        await store.PutAsync("a", "3"u8.ToArray(), PutCondition.IfMatch("other"), Cancel);
        await store.PutAsync("a", "4"u8.ToArray(), PutCondition.IfMatch(etag), Cancel);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => store.PutAsync("b", Encoding.ASCII.GetBytes($"{i}"), PutCondition.IfAbsent, Cancel).AsTask()));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.PathOf("tmp")));
    }

    /// <summary>A put if absent takes no lock, so that it may come between the look and the removal of a delete that found nothing.</summary>
    [Fact]
    public async Task A_delete_if_match_that_finds_nothing_removes_nothing()
    {
        await using FileSystemObjectStore store = folder.Open();
        await using FileSystemObjectStore other = folder.Open();
        for (int round = 0; round < 2_000; round++)
        {
            string key = $"objects/{round}";
            Task<bool> delete = Task.Run(() => other.DeleteAsync(key, "gone", Cancel).AsTask());
            Task<PutResult> put = Task.Run(() => store.PutAsync(key, "content"u8.ToArray(), PutCondition.IfAbsent, Cancel).AsTask());

            Assert.True((await put).Succeeded);
            Assert.False(await delete);
            Assert.True(await store.GetAsync(key, Cancel) is not null, $"'{key}' is gone.");
        }
    }

    [Fact]
    public async Task What_the_system_cannot_look_at_is_a_fault_and_not_absent()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It takes links that lead to themselves.");
        await using FileSystemObjectStore store = folder.Open();
        await store.PutAsync("repos/library/tags/latest", "content"u8.ToArray(), PutCondition.IfAbsent, Cancel);
        UploadToken upload = await store.BeginUploadAsync("repos/library/data", Cancel);
        string kept = folder.PathOf("objects", "repos", "library");
        Directory.Move(kept, kept + "-kept");
        File.CreateSymbolicLink(kept, kept);

        await Assert.ThrowsAsync<IOException>(() => store.GetAsync("repos/library/tags/latest", Cancel).AsTask());
        await Assert.ThrowsAsync<IOException>(() => store.OpenReadAsync("repos/library/tags/latest", 0, null, Cancel).AsTask());
        await Assert.ThrowsAsync<IOException>(() => store.PutAsync("repos/library/tags/latest", "other"u8.ToArray(), PutCondition.IfAbsent, Cancel).AsTask());
        await Assert.ThrowsAsync<IOException>(() => store.CompleteUploadAsync(upload, Cancel).AsTask());
        Assert.Null(await store.GetAsync("repos/other/tags/latest", Cancel));

        File.Delete(kept);
        Directory.Move(kept + "-kept", kept);
        Assert.NotNull(await store.GetAsync("repos/library/tags/latest", Cancel));
    }

    [Fact]
    public async Task A_folder_that_vanished_is_a_store_that_is_unavailable_and_not_an_empty_one()
    {
        await using FileSystemObjectStore store = folder.Open();
        UploadToken token = await store.BeginUploadAsync("upload", Cancel);
        await store.PutAsync("a", "1"u8.ToArray(), PutCondition.None, Cancel);
        Directory.Delete(folder.Root, recursive: true);

        await AssertUnavailableAsync(() => store.GetAsync("a", Cancel).AsTask());
        await AssertUnavailableAsync(() => store.OpenReadAsync("a", 0, null, Cancel).AsTask());
        await AssertUnavailableAsync(() => store.ListAsync("", null, 10, Cancel).AsTask());
        await AssertUnavailableAsync(() => store.ListAsync("b/", null, 10, Cancel).AsTask());
        await AssertUnavailableAsync(() => store.PutAsync("a", "2"u8.ToArray(), PutCondition.None, Cancel).AsTask());
        await AssertUnavailableAsync(() => store.PutAsync("b", "2"u8.ToArray(), PutCondition.IfAbsent, Cancel).AsTask());
        await AssertUnavailableAsync(() => store.DeleteAsync("a", Cancel).AsTask());
        await AssertUnavailableAsync(() => store.DeleteAsync("a", "etag", Cancel).AsTask());
        await AssertUnavailableAsync(() => store.ListUnfinishedAsync("", null, 10, Cancel).AsTask());
        await AssertUnavailableAsync(() => store.OpenAppendAsync(token, Cancel).AsTask());
        await AssertUnavailableAsync(() => store.CompleteUploadAsync(token, Cancel).AsTask());
        await AssertUnavailableAsync(() => store.AbortUploadAsync(token, Cancel).AsTask());

        static async Task AssertUnavailableAsync(Func<Task> operation) =>
            Assert.NotNull((await Assert.ThrowsAsync<StoreUnavailableException>(operation)).InnerException);
    }

    [Fact]
    public async Task A_root_that_cannot_be_made_is_told_with_its_path()
    {
        string file = Path.Combine(Path.GetDirectoryName(folder.Root)!, "file");
        await File.WriteAllTextAsync(file, "x", Cancel);
        await using FileSystemObjectStore store = Open(Path.Combine(file, "store"));

        Exception? thrown = await Record.ExceptionAsync(() => store.ProbeAsync(Cancel).AsTask());

        Assert.IsType<IOException>(thrown, exactMatch: false);
        Assert.Contains(file, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_another_version_is_refused()
    {
        Directory.CreateDirectory(folder.Root);
        await File.WriteAllTextAsync(folder.PathOf("format"), "2\n", Cancel);
        await using FileSystemObjectStore store = folder.Open();

        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => store.ProbeAsync(Cancel).AsTask());

        Assert.Contains("'2'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_of_an_upload_that_the_disk_lost_are_a_fault()
    {
        await using FileSystemObjectStore store = folder.Open();
        UploadToken token = await AppendAsync(store, await store.BeginUploadAsync("upload", Cancel), new byte[1000]);
        using (FileStream file = new(Directory.EnumerateFiles(folder.PathOf("staging")).Single(), FileMode.Open))
        {
            file.SetLength(999);
        }

        await Assert.ThrowsAsync<IOException>(() => store.OpenAppendAsync(token, Cancel).AsTask());
        await Assert.ThrowsAsync<IOException>(() => store.CompleteUploadAsync(token, Cancel).AsTask());
        Assert.Null(await store.GetAsync("upload", Cancel));
    }

    [Fact]
    public async Task A_token_whose_bytes_were_replaced_is_gone_even_if_as_many_are_there_again()
    {
        await using FileSystemObjectStore store = folder.Open();
        UploadToken common = await AppendAsync(store, await store.BeginUploadAsync("upload", Cancel), new byte[1000]);
        UploadToken replaced = await AppendAsync(store, common, [.. Enumerable.Repeat((byte)1, 500)]);
        UploadToken current = await AppendAsync(store, common, [.. Enumerable.Repeat((byte)2, 500)]);

        Assert.Null(await store.OpenAppendAsync(replaced, Cancel));
        Assert.Null(await store.CompleteUploadAsync(replaced, Cancel));
        Assert.Equal("upload", await store.CompleteUploadAsync(current, Cancel));
        Assert.Null(await store.CompleteUploadAsync(replaced, Cancel));
        Assert.Equal("upload", await store.CompleteUploadAsync(current, Cancel));
        Assert.Equal(2, (await store.GetAsync("upload", Cancel))!.Content.Span[1200]);
    }

    [Fact]
    public async Task Finished_uploads_leave_nothing_in_staging()
    {
        await using FileSystemObjectStore store = folder.Open();
        UploadToken token = await AppendAsync(store, await store.BeginUploadAsync("a", Cancel), new byte[10]);
        await store.CompleteUploadAsync(token, Cancel);
        await using (ObjectAppender? appender = await store.OpenAppendAsync(await store.BeginUploadAsync("b", Cancel), Cancel))
        {
            await appender!.WriteAsync(new byte[3_000_000], Cancel);
            await appender.CompleteAsync(Cancel);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.PathOf("staging")));
    }

    [Fact]
    public async Task A_reader_is_not_turned_away_while_the_appender_that_completed_is_still_open()
    {
        await using FileSystemObjectStore store = folder.Open();
        await using ObjectAppender? appender = await store.OpenAppendAsync(await store.BeginUploadAsync("a", Cancel), Cancel);
        await appender!.WriteAsync(new byte[100], Cancel);
        await appender.CompleteAsync(Cancel);

        Assert.Equal(100, (await store.GetAsync("a", Cancel))!.Content.Length);
    }

    [Fact]
    public async Task Disposing_a_store_finishes_what_was_begun()
    {
        var puts = new List<Task<PutResult>>();
        await using (FileSystemObjectStore store = folder.Open())
        {
            await store.ProbeAsync(Cancel);
            for (int i = 0; i < 200; i++)
            {
                puts.Add(store.PutAsync($"a/{i}", "x"u8.ToArray(), PutCondition.IfAbsent, Cancel).AsTask());
            }
        }

        PutResult[] results = await Task.WhenAll(puts).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);
        Assert.All(results, result => Assert.True(result.Succeeded));

        FileSystemObjectStore disposed = folder.Open();
        disposed.Dispose();
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(() => disposed.PutAsync("a", default, PutCondition.None, Cancel).AsTask());
    }

    [Theory]
    [InlineData(28)]
    public void A_full_disk_is_told_with_the_folder(int error)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "These are Unix's error numbers.");
        var faults = new FileFaults(new KeyPaths(new System.IO.Abstractions.FileSystem(), folder.Root));

        Exception translated = faults.Translate(DiskFiles.Failure("write", "x", error));

        Assert.IsType<IOException>(translated);
        Assert.Contains("full", translated.Message, StringComparison.Ordinal);
        Assert.Contains(folder.Root, translated.Message, StringComparison.Ordinal);
        Assert.NotNull(translated.InnerException);
    }

    private static async Task<UploadToken> AppendAsync(FileSystemObjectStore store, UploadToken token, byte[] bytes)
    {
        await using ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel);
        Assert.NotNull(appender);
        await appender.WriteAsync(bytes, Cancel);
        return await appender.FlushAsync(Cancel);
    }

    private static FileSystemObjectStore Open(string root) => new(
        new System.IO.Abstractions.FileSystem(), new FileSystemObjectStoreOptions { Root = root }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<FileSystemObjectStore>.Instance);

    private async Task<string> LeaveAsync(string name, string file, DateTime written)
    {
        string path = folder.PathOf(name, file);
        await File.WriteAllTextAsync(path, "x", Cancel);
        File.SetLastWriteTimeUtc(path, written);
        return path;
    }
}
