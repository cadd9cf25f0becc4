using System.Text;
using Registry.Content;
using Registry.Content.Manifests;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Simulation.Scenarios;

/// <summary>
/// The little that a simulated registry holds, so that everybody is after the same things: two repositories, three blobs, two images that share a blob, indexes of them, and something that refers to one.
/// </summary>
internal static class Universe
{
    public const int Image = 0;
    public const int OtherImage = 1;
    public const int Index = 2;
    public const int Referrer = 3;
    public const int SmallIndex = 4;

    /// <summary>The blob that the store spoils, where it does.</summary>
    public const int Spoilt = 1;

    public static RepositoryName[] Repositories { get; } = [RepositoryName.Parse("a"), RepositoryName.Parse("b")];

    public static Tag[] Tags { get; } = [Tag.Parse("t"), Tag.Parse("u")];

    public static byte[][] BlobBytes { get; } = [Encoding.UTF8.GetBytes("blob 0"), Encoding.UTF8.GetBytes("blob 1"), Encoding.UTF8.GetBytes("blob 2")];

    public static Digest[] Blobs { get; } = [.. BlobBytes.Select(static bytes => DigestAlgorithm.Sha256.Compute(bytes))];

    public static Part[] Manifests { get; } = MakeManifests();

    /// <summary>What the key of a record is about.</summary>
    public static Dictionary<string, RecordPlace> Records { get; } = MakeRecords();

    public static string[] BlobKeys { get; } = [.. Blobs.Select(ContentKeys.Blob)];

    public static int BlobOf(Digest digest) => Array.IndexOf(Blobs, digest);

    public static int ManifestOf(Digest digest)
    {
        for (int i = 0; i < Manifests.Length; i++)
        {
            if (Manifests[i].Digest == digest)
            {
                return i;
            }
        }

        return -1;
    }

    public static int ManifestOf(string? digest) => Digest.TryParse(digest, out Digest parsed) ? ManifestOf(parsed) : -1;

    public static int RepositoryOf(RepositoryName name) => Array.IndexOf(Repositories, name);

    private static Part[] MakeManifests()
    {
        var parts = new List<Part>();
        Add("I0", MediaTypes.OciManifest, ImageText(0, [1]), [0, 1], []);
        Add("I1", MediaTypes.OciManifest, ImageText(0, [2]), [0, 2], []);
        Add("X01", MediaTypes.OciIndex, IndexText([0, 1]), [], [0, 1]);
        Add("R", MediaTypes.OciManifest, ImageText(2, [], $$""","subject":{{Descriptor(MediaTypes.OciManifest, parts[0].Digest)}}"""), [2], [], subject: 0);
        Add("X0", MediaTypes.OciIndex, IndexText([0]), [], [0]);
        return [.. parts];

        void Add(string name, string mediaType, string text, int[] blobs, int[] children, int subject = -1)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            var stored = new StoredManifest(DigestAlgorithm.Sha256.Compute(bytes), mediaType, bytes);
            parts.Add(new Part(name, stored, ManifestParser.Parse(bytes, mediaType), blobs, children, subject));
        }

        string ImageText(int config, int[] layers, string more = "") =>
            $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{{Descriptor("application/vnd.oci.image.config.v1+json", Blobs[config])}},"layers":[{{string.Join(',', layers.Select(layer => Descriptor("application/vnd.oci.image.layer.v1.tar", Blobs[layer])))}}]{{more}}}""";

        string IndexText(int[] children) =>
            $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{{string.Join(',', children.Select(child => Descriptor(MediaTypes.OciManifest, parts[child].Digest)))}}]}""";

        static string Descriptor(string mediaType, Digest digest) => $$"""{"mediaType":"{{mediaType}}","digest":"{{digest}}","size":6}""";
    }

    private static Dictionary<string, RecordPlace> MakeRecords()
    {
        var records = new Dictionary<string, RecordPlace>(StringComparer.Ordinal);
        for (int i = 0; i < Blobs.Length; i++)
        {
            records.Add(ContentKeys.Blob(Blobs[i]), new RecordPlace(RecordKind.Blob, 0, i));
        }

        for (int repo = 0; repo < Repositories.Length; repo++)
        {
            for (int i = 0; i < Manifests.Length; i++)
            {
                records.Add(ContentKeys.Manifest(Repositories[repo], Manifests[i].Digest), new RecordPlace(RecordKind.Manifest, repo, i));
            }

            for (int i = 0; i < Tags.Length; i++)
            {
                records.Add(ContentKeys.Tag(Repositories[repo], Tags[i]), new RecordPlace(RecordKind.Tag, repo, i));
            }
        }

        return records;
    }

    /// <summary>A key in the words of a story.</summary>
    public static string Shorten(string key)
    {
        for (int i = 0; i < Blobs.Length; i++)
        {
            key = key.Replace(Blobs[i].Value, $"b{i}", StringComparison.Ordinal)
                .Replace($"sha256/{Blobs[i].Encoded[..2]}/{Blobs[i].Encoded}", $"b{i}", StringComparison.Ordinal).Replace($"sha256-{Blobs[i].Encoded}", $"b{i}", StringComparison.Ordinal);
        }

        foreach (Part manifest in Manifests)
        {
            Digest digest = manifest.Digest;
            key = key.Replace(digest.Value, manifest.Name, StringComparison.Ordinal)
                .Replace($"sha256/{digest.Encoded[..2]}/{digest.Encoded}", manifest.Name, StringComparison.Ordinal)
                .Replace($"sha256/{digest.Encoded}", manifest.Name, StringComparison.Ordinal)
                .Replace($"sha256-{digest.Encoded}", manifest.Name, StringComparison.Ordinal);
        }

        return key;
    }
}

/// <summary>A manifest of the universe.</summary>
/// <param name="Name">What stories call it.</param>
/// <param name="Stored">Its bytes.</param>
/// <param name="Document">The same, parsed.</param>
/// <param name="Blobs">The blobs that it names.</param>
/// <param name="Children">The manifests that it names.</param>
/// <param name="Subject">What it refers to, or -1.</param>
internal sealed record Part(string Name, StoredManifest Stored, ManifestDocument Document, int[] Blobs, int[] Children, int Subject)
{
    public Digest Digest => Stored.Digest;
}

internal enum RecordKind
{
    Blob,
    Manifest,
    Tag,
}

/// <summary>What a record is about.</summary>
internal readonly record struct RecordPlace(RecordKind Kind, int Repository, int Item);
