using System.Security.Cryptography;
using Azure.Core;
using Azure.Storage.Blobs.Models;
using Registry.Storage.Azure.Tests.Testing;

namespace Registry.Storage.Azure.Tests;

public sealed class UploadTests(SmallBlocksFixture fixture) : IClassFixture<SmallBlocksFixture>
{
    private readonly string _root = $"uploads/{RandomNumberGenerator.GetHexString(12, lowercase: true)}/";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_upload_goes_through_several_appenders_and_instances()
    {
        byte[] content = RandomNumberGenerator.GetBytes(24 * 1024 * 1024 + 12_345);
        using AzureBlobObjectStore first = await fixture.OpenAsync(Cancel);
        using AzureBlobObjectStore second = await fixture.OpenAsync(Cancel);
        UploadToken token = await first.BeginUploadAsync(_root + "large", Cancel);
        int written = 0;
        string? key = null;
        for (int i = 0; key is null; i++)
        {
            await using ObjectAppender? appender = await (i % 2 == 0 ? second : first).OpenAppendAsync(token, Cancel);
            Assert.NotNull(appender);
            Assert.Equal(written, appender.Length);
            int until = Math.Min(content.Length, written + 7_000_001);
            for (int piece; written < until; written += piece)
            {
                piece = Math.Min(777_777, until - written);
                await appender.WriteAsync(content.AsMemory(written, piece), Cancel);
            }

            token = await appender.FlushAsync(Cancel);
            key = written == content.Length ? await appender.CompleteAsync(Cancel) : null;
        }

        await using ObjectContent? read = await first.OpenReadAsync(key, 0, null, Cancel);
        Assert.NotNull(read);
        Assert.Equal(content.Length, read.TotalLength);
        Assert.Equal(SHA256.HashData(content), await SHA256.HashDataAsync(read.Stream, Cancel));
        Assert.Equal(key, await second.CompleteUploadAsync(token, Cancel));
    }

    [Fact]
    public async Task A_complete_upload_and_an_aborted_one_leave_nothing_behind()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel);
        UploadToken completed = await AppendAsync(store, await store.BeginUploadAsync(_root + "completed", Cancel), 1000);
        UploadToken aborted = await AppendAsync(store, await store.BeginUploadAsync(_root + "aborted", Cancel), 1000);
        string[] ids = [completed.Value.Split('|')[1], aborted.Value.Split('|')[1]];
        List<string> before = await NamesAsync();
        Assert.Equal(2, before.Count(name => IsMarker(name)));

        Assert.NotNull(await store.CompleteUploadAsync(completed, Cancel));
        await store.AbortUploadAsync(aborted, Cancel);

        List<string> after = await NamesAsync();
        Assert.DoesNotContain(after, IsMarker);
        Assert.Contains("o/" + _root + "completed", after);
        Assert.DoesNotContain("o/" + _root + "aborted", after);

        bool IsMarker(string name) => name.StartsWith("u/" + _root, StringComparison.Ordinal) && ids.Any(id => name.EndsWith(' ' + id, StringComparison.Ordinal));

        async Task<List<string>> NamesAsync()
        {
            var names = new List<string>();
            await foreach (BlobItem blob in (await fixture.ContainerAsync(Cancel)).GetBlobsAsync(cancellationToken: Cancel))
            {
                names.Add(blob.Name);
            }

            return names;
        }
    }

    [Fact]
    public async Task A_token_of_an_aborted_upload_cannot_be_completed_even_by_bytes_that_came_later()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel);
        using AzureBlobObjectStore other = await fixture.OpenAsync(Cancel);
        UploadToken begun = await store.BeginUploadAsync(_root + "object", Cancel);
        await using ObjectAppender? appender = await store.OpenAppendAsync(begun, Cancel);
        Assert.NotNull(appender);
        await other.AbortUploadAsync(begun, Cancel);

        await appender.WriteAsync(new byte[600_000], Cancel);
        UploadToken later = await appender.FlushAsync(Cancel);

        Assert.Null(await appender.CompleteAsync(Cancel));
        Assert.Null(await other.CompleteUploadAsync(later, Cancel));
        Assert.Null(await other.OpenAppendAsync(later, Cancel));
        Assert.Null(await store.GetAsync(_root + "object", Cancel));
    }

    [Fact]
    public async Task A_completion_whose_answers_got_lost_is_known_as_done()
    {
        var lost = new LostAnswers(static request => request.Method == RequestMethod.Put || request.Method == RequestMethod.Delete);
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, lost);
        using AzureBlobObjectStore other = await fixture.OpenAsync(Cancel);

        UploadToken token = await AppendAsync(store, await store.BeginUploadAsync(_root + "object", Cancel), 600_000);
        string? key = await store.CompleteUploadAsync(token, Cancel);

        Assert.True(lost.Lost > 5);
        Assert.NotNull(key);
        Assert.Equal(key, await other.CompleteUploadAsync(token, Cancel));
        Assert.Equal(600_000, (await other.GetAsync(key, Cancel))?.Content.Length);
    }

    [Fact]
    public async Task A_small_upload_is_one_write()
    {
        var log = new RequestLog();
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, log);
        UploadToken token = await store.BeginUploadAsync(_root + "object", Cancel);
        await using ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel);
        Assert.NotNull(appender);
        log.Clear();

        await appender.WriteAsync(new byte[100_000], Cancel);
        Assert.NotNull(await appender.CompleteAsync(Cancel));

        Assert.Equal(["PUT", "PUT", "DELETE"], log.Requests.Select(static request => request.Method.ToString()));
    }

    [Fact]
    public async Task What_is_uploaded_gets_the_access_tier_of_the_options()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, options: new AzureBlobObjectStoreOptions { DataAccessTier = AccessTier.Cool });
        UploadToken token = await AppendAsync(store, await store.BeginUploadAsync(_root + "object", Cancel), 1000);
        string? key = await store.CompleteUploadAsync(token, Cancel);

        BlobProperties properties = await (await fixture.ContainerAsync(Cancel)).GetBlobClient("o/" + key).GetPropertiesAsync(cancellationToken: Cancel);

        Assert.Equal("Cool", properties.AccessTier);
    }

    private static async Task<UploadToken> AppendAsync(AzureBlobObjectStore store, UploadToken token, int count)
    {
        await using ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel);
        Assert.NotNull(appender);
        await appender.WriteAsync(new byte[count], Cancel);
        return await appender.FlushAsync(Cancel);
    }
}
