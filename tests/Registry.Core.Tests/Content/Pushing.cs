using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Tags;
using Registry.Content.Uploads;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Core.Tests.Content;

/// <summary>What a client does, in one call each.</summary>
internal static class Pushing
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static UploadBody Body(byte[] bytes) => new(new MemoryStream(bytes, writable: false), bytes.Length);

    /// <summary>A body whose length was not announced and that comes in small pieces.</summary>
    public static UploadBody Streamed(byte[] bytes) => new(new TricklingStream(bytes), null);

    public static async Task<string> StartAsync(this ContentRoot root, RepositoryName repository) =>
        await root.Uploads.StartAsync(repository, DigestAlgorithm.Sha256, Cancel);

    public static async Task<Digest> PushBlobAsync(this ContentRoot root, RepositoryName repository, byte[] content)
    {
        Digest digest = DigestAlgorithm.Sha256.Compute(content);
        string session = await root.StartAsync(repository);
        UploadResult result = await root.Uploads.FinishAsync(repository, session, [digest], Body(content), null, Cancel);
        Assert.Equal(UploadResult.Committed(digest, content.Length), result);
        return digest;
    }

    public static Task PushAsync(this ContentRoot root, RepositoryName repository, TestManifest manifest, params string[] tags) =>
        root.PushAsync(repository, manifest, Pointing(tags));

    public static Task PushAsync(this ContentRoot root, RepositoryName repository, TestManifest manifest, TagCondition condition, params string[] tags) =>
        root.PushAsync(repository, manifest, Pointing(tags) with { Condition = condition });

    public static async Task PushAsync(this ContentRoot root, RepositoryName repository, TestManifest manifest, Pointing pointing) =>
        await root.Manifests.PutAsync(
            repository,
            new StoredManifest(manifest.Digest, manifest.MediaType, manifest.Content),
            ManifestParser.Parse(manifest.Content, manifest.MediaType),
            pointing,
            Cancel);

    public static Pointing Pointing(params string[] tags) => new([.. tags.Select(static tag => Tag.Parse(tag))]);

    /// <summary>Deletes a tag, whatever rules there are for it.</summary>
    public static ValueTask<bool> DeleteAsync(this TagStore tags, RepositoryName repository, Tag tag, CancellationToken cancellationToken) =>
        tags.DeleteAsync(repository, tag, TagGuard.None, default, cancellationToken);

    /// <summary>Pushes an image with blobs of its own, made from a name.</summary>
    public static async Task<TestManifest> PushImageAsync(this ContentRoot root, RepositoryName repository, string name, params string[] tags)
    {
        TestManifest image = TestManifest.ImageOf(name);
        foreach (byte[] blob in TestManifest.BlobsOf(name))
        {
            await root.PushBlobAsync(repository, blob);
        }

        await root.PushAsync(repository, image, tags);
        return image;
    }

    public static async Task<StoredManifest?> PullAsync(this ContentRoot root, RepositoryName repository, string reference)
    {
        Assert.True(Reference.TryParse(reference, out Reference parsed));
        return await root.Manifests.GetAsync(repository, parsed, Cancel);
    }

    public static async Task<byte[]?> ReadBlobAsync(this ContentRoot root, RepositoryName repository, Digest digest)
    {
        if (await root.Blobs.FindAsync(repository, digest, forPush: false, Cancel) is not { } blob
            || await root.Blobs.OpenAsync(blob, 0, null, Cancel) is not { } content)
        {
            return null;
        }

        await using (content)
        {
            var bytes = new MemoryStream();
            await content.Stream.CopyToAsync(bytes, Cancel);
            Assert.Equal(blob.Size, bytes.Length);
            return bytes.ToArray();
        }
    }

    public static async Task<IReadOnlyList<string>> TagsAsync(this ContentRoot root, RepositoryName repository) =>
        (await root.Tags.ListAsync(repository, null, 1_000, Cancel)).Names;

    private sealed class TricklingStream(byte[] bytes) : Stream
    {
        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(Math.Min(buffer.Length, bytes.Length - _position), 1 + (_position % 1_499));
            bytes.AsMemory(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
