namespace Registry.Storage.FileSystem;

/// <summary>What the folder <c>staging</c> says of uploads, and what is no upload in it.</summary>
public sealed class UnfinishedUploadTests : IDisposable
{
    private static readonly string LongKey = "data/" + new string('X', 300);

    private readonly StoreFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_file_of_an_upload_has_its_key_for_a_name()
    {
        await using FileSystemObjectStore store = folder.Open();
        await AppendAsync(store, "data/01ab/Upload");

        string name = Path.GetFileName(Assert.Single(Directory.EnumerateFiles(folder.PathOf("staging"))));

        Assert.Matches(@"\Adata%2f01ab%2f=upload\.[0-9a-f]{32}\z", name);
    }

    [Theory]
    [InlineData("completed")]
    [InlineData("aborted")]
    [InlineData("aborted by the listing")]
    public async Task A_key_too_long_for_a_name_is_in_a_file_that_goes_with_the_upload(string end)
    {
        await using FileSystemObjectStore store = folder.Open();
        UploadToken token = await AppendAsync(store, LongKey);
        Assert.Equal(2, Directory.EnumerateFiles(folder.PathOf("staging")).Count());
        UnfinishedUpload upload = Assert.Single((await store.ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
        Assert.Equal(LongKey, upload.Key);

        if (end == "completed")
        {
            Assert.Equal(LongKey, await store.CompleteUploadAsync(token, Cancel));
        }
        else
        {
            await store.AbortUploadAsync(end == "aborted" ? token : upload.Token, Cancel);
        }

        Assert.DoesNotContain(Directory.EnumerateFiles(folder.PathOf("staging")), static file => !file.EndsWith(".gone", StringComparison.Ordinal));
        Assert.Empty((await store.ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
    }

    [Fact]
    public async Task A_second_name_of_an_object_that_a_crash_left_is_no_unfinished_upload_until_the_object_is_gone()
    {
        await using FileSystemObjectStore store = folder.Open();
        UploadToken token = await AppendAsync(store, "data/object");
        string file = Assert.Single(Directory.EnumerateFiles(folder.PathOf("staging")));
        await store.CompleteUploadAsync(token, Cancel);
        File.Copy(folder.PathOf("objects", "data", "object"), file);

        Assert.Empty((await store.ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
        await store.DeleteAsync("data/object", Cancel);

        UnfinishedUpload upload = Assert.Single((await store.ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
        await store.AbortUploadAsync(upload.Token, Cancel);
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData(".0123456789abcdef0123456789abcdef")]
    [InlineData("data%2f.0123456789abcdef0123456789abcdef")]
    [InlineData("Data.0123456789abcdef0123456789abcdef")]
    [InlineData("%61.0123456789abcdef0123456789abcdef")]
    [InlineData("a.0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("a.0123456789abcdef0123456789abcdef.gone")]
    [InlineData("a.0123456789abcdef0123456789abcdef.cuts")]
    [InlineData("lost+found")]
    public async Task Other_files_are_no_uploads(string name)
    {
        await using FileSystemObjectStore store = folder.Open();
        await AppendAsync(store, "a");
        await File.WriteAllTextAsync(folder.PathOf("staging", name), "x", Cancel);

        Assert.Equal("a", Assert.Single((await store.ListUnfinishedAsync("", null, 10, Cancel)).Uploads).Key);
    }

    private static async Task<UploadToken> AppendAsync(FileSystemObjectStore store, string key)
    {
        await using ObjectAppender? appender = await store.OpenAppendAsync(await store.BeginUploadAsync(key, Cancel), Cancel);
        Assert.NotNull(appender);
        await appender.WriteAsync(new byte[100], Cancel);
        return await appender.FlushAsync(Cancel);
    }
}
