using System.Security.Cryptography;
using Azure.Core;
using Azure.Storage.Blobs;
using Registry.Storage.Azure.Tests.Testing;

namespace Registry.Storage.Azure.Tests;

/// <summary>The markers of uploads, those that a crash left among them.</summary>
public sealed class UnfinishedUploadTests(AzuriteStoreFixture fixture) : IClassFixture<AzuriteStoreFixture>
{
    private const string Id = "0123456789abcdef0123";

    private readonly string _key = $"unfinished/{RandomNumberGenerator.GetHexString(12, lowercase: true)}/object";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_that_was_only_begun_is_listed_and_aborted_by_one_request()
    {
        var log = new RequestLog();
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, log);
        UploadToken begun = await store.BeginUploadAsync(_key, Cancel);
        UnfinishedUpload upload = Assert.Single(await ListAsync(store));
        log.Clear();

        await store.AbortUploadAsync(upload.Token, Cancel);

        Assert.Equal([RequestMethod.Delete], log.Requests.Select(static request => request.Method));
        Assert.Null(await store.OpenAppendAsync(begun, Cancel));
        Assert.Empty(await ListAsync(store));
    }

    [Fact]
    public async Task The_marker_of_a_completion_under_way_is_no_unfinished_upload_and_is_not_aborted()
    {
        BlobClient marker = await LeaveMarkerAsync();
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel);

        Assert.Empty(await ListAsync(store));
        await store.AbortUploadAsync(new UploadToken($"2|{Id}|-|0||{_key}"), Cancel);

        Assert.True(await marker.ExistsAsync(Cancel));
    }

    [Fact]
    public async Task A_marker_that_a_crash_left_beside_the_object_can_be_removed_and_leaves_the_object()
    {
        BlobClient marker = await LeaveMarkerAsync();
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, time: new Later(TimeSpan.FromDays(2)));
        await store.PutAsync(_key, new byte[10], PutCondition.IfAbsent, Cancel);

        await store.AbortUploadAsync(Assert.Single(await ListAsync(store)).Token, Cancel);

        Assert.False(await marker.ExistsAsync(Cancel));
        Assert.NotNull(await store.GetAsync(_key, Cancel));
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(9, false)]
    public async Task A_marker_that_a_crash_left_before_the_object_came_about_stays_while_the_blocks_can_be_there(int days, bool stays)
    {
        BlobClient marker = await LeaveMarkerAsync();
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, time: new Later(TimeSpan.FromDays(days)));

        await store.AbortUploadAsync(Assert.Single(await ListAsync(store)).Token, Cancel);

        Assert.Equal(stays, await marker.ExistsAsync(Cancel));
    }

    [Fact]
    public async Task A_marker_that_is_decided_on_after_it_was_listed_is_not_removed()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel);
        UploadToken token = await store.BeginUploadAsync(_key, Cancel);
        UnfinishedUpload listed = Assert.Single(await ListAsync(store));
        string? key = await store.CompleteUploadAsync(token, Cancel);

        await store.AbortUploadAsync(listed.Token, Cancel);

        Assert.Equal(_key, key);
        Assert.NotNull(await store.GetAsync(_key, Cancel));
        Assert.Equal(_key, await store.CompleteUploadAsync(token, Cancel));
    }

    // What a process leaves that stops right after it decided on how the upload ends.
    private async Task<BlobClient> LeaveMarkerAsync()
    {
        BlobClient marker = (await fixture.ContainerAsync(Cancel)).GetBlobClient($"{fixture.Options.Prefix}/u/{_key} {Id}");
        await marker.UploadAsync(new BinaryData("complete 0123456789"), Cancel);
        return marker;
    }

    private async Task<IReadOnlyList<UnfinishedUpload>> ListAsync(AzureBlobObjectStore store) => (await store.ListUnfinishedAsync(_key, null, 10, Cancel)).Uploads;

    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
