using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Tags;
using Registry.Content.Uploads;
using Registry.Maintenance.Copying;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage.FileSystem;

namespace Registry.Storage.S3;

/// <summary>A registry moves from a folder to a bucket and back.</summary>
public sealed class ContentCopyTests(CephBucketFixture fixture) : IClassFixture<CephBucketFixture>
{
    private const int MiB = 1024 * 1024;

    private static readonly RepositoryName Repository = RepositoryName.Parse("library/app");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_registry_is_copied_from_a_folder_to_a_bucket_and_back()
    {
        await fixture.RequireAsync(Cancel);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("registry-copy-");
        try
        {
            await using FileSystemObjectStore first = Folder(folder, "first");
            await using FileSystemObjectStore last = Folder(folder, "last");
            using S3ObjectStore bucket = CephBucketFixture.Open(fixture.Options);
            byte[][] blobs = [RandomNumberGenerator.GetBytes((20 * MiB) + 7), RandomNumberGenerator.GetBytes(1000), []];
            using var root = new ContentRoot(first, new ContentOptions(), TimeProvider.System);
            await root.EnsureUsableAsync(Cancel);
            await PushAsync(root, blobs, "1.0");

            ContentCopyReport there = await new ContentCopy(first, bucket).RunAsync(null, Cancel);
            Assert.Equal((3, blobs.Sum(static blob => (long)blob.Length), 1, 1, 0), (there.Blobs, there.Bytes, there.Manifests, there.Tags, there.Problems.Count));

            // What comes later is all that is copied later.
            byte[][] more = [blobs[0], RandomNumberGenerator.GetBytes(5000)];
            await PushAsync(root, more, "2.0");
            there = await new ContentCopy(first, bucket).RunAsync(null, Cancel);
            Assert.Equal((1, 5000L, 1, 1), (there.Blobs, there.Bytes, there.Manifests, there.Tags));

            ContentCopyReport back = await new ContentCopy(bucket, last).RunAsync(null, Cancel);
            Assert.Empty(back.Problems);
            using var copy = new ContentRoot(last, new ContentOptions(), TimeProvider.System);
            await copy.EnsureUsableAsync(Cancel);
            await PullAsync(copy, blobs, "1.0");
            await PullAsync(copy, more, "2.0");
            using var inBucket = new ContentRoot(bucket, new ContentOptions(), TimeProvider.System);
            await inBucket.EnsureUsableAsync(Cancel);
            await PullAsync(inBucket, blobs, "1.0");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static FileSystemObjectStore Folder(DirectoryInfo folder, string name) => new(
        new System.IO.Abstractions.FileSystem(),
        new FileSystemObjectStoreOptions { Root = Path.Combine(folder.FullName, name) },
        TimeProvider.System,
        NullLogger<FileSystemObjectStore>.Instance);

    private static async Task PushAsync(ContentRoot root, byte[][] blobs, string tag)
    {
        foreach (byte[] blob in blobs)
        {
            string session = await root.Uploads.StartAsync(Repository, DigestAlgorithm.Sha256, Cancel);
            await root.Uploads.FinishAsync(Repository, session, [DigestAlgorithm.Sha256.Compute(blob)], new UploadBody(new MemoryStream(blob), blob.Length), null, Cancel);
        }

        string[] descriptors = [.. blobs.Select(static blob => $$"""{"mediaType":"application/octet-stream","digest":"{{DigestAlgorithm.Sha256.Compute(blob)}}","size":{{blob.Length}}}""")];
        byte[] manifest = System.Text.Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{{descriptors[0]}},"layers":[{{string.Join(',', descriptors[1..])}}]}""");
        await root.Manifests.PutAsync(
            Repository,
            new StoredManifest(DigestAlgorithm.Sha256.Compute(manifest), MediaTypes.OciManifest, manifest),
            ManifestParser.Parse(manifest, MediaTypes.OciManifest),
            new Pointing([Tag.Parse(tag)]),
            Cancel);
    }

    private static async Task PullAsync(ContentRoot root, byte[][] blobs, string tag)
    {
        Assert.True(Reference.TryParse(tag, out Reference reference));
        StoredManifest manifest = (await root.Manifests.GetAsync(Repository, reference, Cancel))!;
        ManifestDocument document = ManifestParser.Parse(manifest.Content, manifest.MediaType);
        Assert.Equal(blobs.Select(static blob => DigestAlgorithm.Sha256.Compute(blob)), [document.Config!.Value.Digest, .. document.Layers.Select(static layer => layer.Digest)]);
        foreach (byte[] blob in blobs)
        {
            var found = (await root.Blobs.FindAsync(Repository, DigestAlgorithm.Sha256.Compute(blob), forPush: false, Cancel))!;
            await using ObjectContent content = (await root.Blobs.OpenAsync(found, 0, null, Cancel))!;
            Assert.Equal(SHA256.HashData(blob), await SHA256.HashDataAsync(content.Stream, Cancel));
        }
    }
}
