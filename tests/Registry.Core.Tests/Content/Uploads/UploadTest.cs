using Registry.Content;
using Registry.Content.Uploads;
using Registry.Errors;
using Registry.Model;

namespace Registry.Core.Tests.Content.Uploads;

/// <summary>What the tests of upload sessions share.</summary>
public abstract class UploadTest : ContentTest
{
    private protected static UploadBody Body(byte[] bytes) => Pushing.Body(bytes);

    private protected static UploadBody Streamed(byte[] bytes) => Pushing.Streamed(bytes);

    private protected static async Task<UploadResult> AppendAsync(ContentRoot node, string id, byte[] bytes, ChunkRange? range = null) =>
        await node.Uploads.AppendAsync(Repo, id, Body(bytes), range, Cancel);

    private protected Task<UploadResult> AppendAsync(string id, byte[] bytes, ChunkRange? range = null) => AppendAsync(Root, id, bytes, range);

    private protected static async Task<UploadResult> FinishAsync(ContentRoot node, string id, Digest digest, byte[]? bytes = null, ChunkRange? range = null) =>
        await node.Uploads.FinishAsync(Repo, id, [digest], bytes is null ? null : Body(bytes), range, Cancel);

    private protected Task<UploadResult> FinishAsync(string id, Digest digest, byte[]? bytes = null, ChunkRange? range = null) =>
        FinishAsync(Root, id, digest, bytes, range);

    private protected async Task<UploadResult> StatusAsync(string id, ContentRoot? node = null) => await (node ?? Root).Uploads.StatusAsync(Repo, id, Cancel);

    private protected static async Task<RegistryErrorCode> RefusedAsync(Func<Task> action)
    {
        RegistryException e = await Assert.ThrowsAsync<RegistryException>(action);
        return Assert.Single(e.Errors).Code;
    }

    /// <summary>That a blob is there with its bytes, that nothing of its session is left, and that there is one copy of the bytes.</summary>
    private protected async Task AssertStoredAsync(Digest digest, byte[] bytes, string? id = null)
    {
        byte[]? stored = await Root.ReadBlobAsync(Repo, digest);
        Assert.True(bytes.AsSpan().SequenceEqual(stored));
        Assert.Single(await KeysAsync(ContentKeys.DataPrefix));
        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
        if (id is not null)
        {
            Assert.Equal(UploadResult.Unknown, await StatusAsync(id));
        }
    }

    /// <summary>That a session came to nothing: neither the session nor a blob, a ref or any bytes of it are there.</summary>
    private protected async Task AssertDroppedAsync(string id)
    {
        Assert.Equal(UploadResult.Unknown, await StatusAsync(id));
        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
        Assert.Empty(await KeysAsync(ContentKeys.DataPrefix));
        Assert.Empty(await KeysAsync(ContentKeys.BlobsPrefix));
        Assert.Empty(await KeysAsync("refs/"));
    }
}
