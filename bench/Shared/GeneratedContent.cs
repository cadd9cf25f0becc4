using System.Globalization;
using System.Text;
using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Bench;

/// <summary>
/// Images as pushes leave them, without the bytes of their blobs, which a collector does not read: records of blobs and manifests, a ref for each thing that a manifest names, a tag for each image and the catalog. Every blob is in
/// five images of different repositories.
/// </summary>
/// <param name="blobs">How many blobs; a multiple of <see cref="LayersPerImage"/>.</param>
/// <param name="garbage">How many more blobs, these with bytes, that nothing holds.</param>
internal sealed class GeneratedContent(int blobs, int garbage = 0)
{
    public const int LayersPerImage = 50;

    private const int UsesPerBlob = 5;
    private const int ImagesPerRepository = 100;
    private const int PutsAtOnce = 16;
    private const int GarbageLength = 4096;

    private readonly string _nonce = new Ulid(TimeProvider.System).Next();

    public int Images => blobs / LayersPerImage * UsesPerBlob;

    /// <summary>How many objects that the scan looks at there are: blobs, refs, manifests, tags with their two markers.</summary>
    public long Objects => blobs + ((long)Images * (LayersPerImage + 4));

    public async Task WriteAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = PutsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, blobs, parallel, async (i, token) =>
        {
            Digest digest = BlobDigest(i);
            var record = new BlobRecord { State = BlobState.Live, Data = ContentKeys.Data($"{_nonce}{i}"), Size = 1_000_000, Nonce = _nonce };
            await store.PutAsync(ContentKeys.Blob(digest), record.Encode(), default, token);
        });
        byte[] bytes = new byte[GarbageLength];
        await Parallel.ForAsync(0, garbage, parallel, async (i, token) =>
        {
            var record = new BlobRecord { State = BlobState.Live, Data = ContentKeys.Data($"{_nonce}g{i}"), Size = bytes.Length, Nonce = _nonce };
            await store.PutAsync(record.Data, bytes, default, token);
            await store.PutAsync(ContentKeys.Blob(BlobDigest(-1 - i)), record.Encode(), default, token);
        });
        await Parallel.ForAsync(0, Images, parallel, (i, token) => WriteImageAsync(store, i, token));
        await Parallel.ForAsync(0, (Images + ImagesPerRepository - 1) / ImagesPerRepository, parallel, async (i, token) => await PutMarkerAsync(store, ContentKeys.Catalog(RepositoryOf(i * ImagesPerRepository)), token));
    }

    private async ValueTask WriteImageAsync(IObjectStore store, int image, CancellationToken cancellationToken)
    {
        RepositoryName repository = RepositoryOf(image);
        Digest[] layers = [.. Enumerable.Range(0, LayersPerImage).Select(layer => BlobDigest((int)((((long)image * LayersPerImage) + layer) % blobs)))];
        byte[] content = Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","annotations":{"image":"{{image}}"},"config":{{Descriptor("application/vnd.oci.image.config.v1+json", layers[0])}},"layers":[{{string.Join(',', layers[1..].Select(static layer => Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)))}}]}
            """);
        Digest digest = DigestAlgorithm.Sha256.Compute(content);
        var record = new ManifestRecord { State = ManifestState.Live, Generation = _nonce, MediaType = MediaTypes.OciManifest, Pushed = TimeProvider.System.GetUtcNow(), Content = content, Nonce = _nonce };
        await store.PutAsync(ContentKeys.Manifest(repository, digest), record.Encode(), default, cancellationToken);
        foreach (Digest layer in layers)
        {
            await PutMarkerAsync(store, ContentKeys.ManifestRef(layer, repository, digest, _nonce), cancellationToken);
        }

        Tag tag = Tag.Parse(image.ToString("'v'0", CultureInfo.InvariantCulture));
        var pointer = new TagRecord { Digest = digest.Value, Generation = _nonce, ManifestGeneration = _nonce, Listed = _nonce, Updated = record.Pushed, Nonce = _nonce };
        await store.PutAsync(ContentKeys.Tag(repository, tag), pointer.Encode(), default, cancellationToken);
        await PutMarkerAsync(store, ContentKeys.Tagged(repository, digest, tag, _nonce), cancellationToken);
        await PutMarkerAsync(store, ContentKeys.TagName(repository, tag, _nonce), cancellationToken);
    }

    private static RepositoryName RepositoryOf(int image) => RepositoryName.Parse(string.Create(CultureInfo.InvariantCulture, $"team/app{image / ImagesPerRepository:00000}"));

    private static Digest BlobDigest(int number) => DigestAlgorithm.Sha256.Compute(BitConverter.GetBytes(number));

    private static string Descriptor(string mediaType, Digest digest) => $$"""{"mediaType":"{{mediaType}}","digest":"{{digest}}","size":1000000}""";

    private static async ValueTask PutMarkerAsync(IObjectStore store, string key, CancellationToken cancellationToken) =>
        await store.PutAsync(key, ReadOnlyMemory<byte>.Empty, default, cancellationToken);
}
