using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>What a repository may hold, by what the registry acknowledged, and the check that it does.</summary>
internal sealed class RepositoryModel(string name)
{
    private readonly HashSet<string> _read = [];

    public string Name { get; } = name;

    public Dictionary<string, Expectation> Blobs { get; } = [];

    /// <summary>Manifests by digest: the bytes, all blobs that they name, those that nobody else names.</summary>
    public Dictionary<string, (byte[] Content, IReadOnlyList<string> Blobs, IReadOnlyList<string> OwnBlobs, Expectation Expectation)> Manifests { get; } = [];

    public Dictionary<string, Expectation> Tags { get; } = [];

    public Expectation Blob(string digest) => Get(Blobs, digest);

    public Expectation Tag(string tag) => Get(Tags, tag);

    public Expectation Manifest(string digest, byte[] content, IReadOnlyList<string> blobs, IReadOnlyList<string> ownBlobs)
    {
        if (!Manifests.TryGetValue(digest, out var found))
        {
            found = (content, blobs, ownBlobs, new Expectation());
            Manifests.Add(digest, found);
        }

        return found.Expectation;
    }

    /// <summary>
    /// Everything acknowledged is there, byte for byte; everything else is there whole or not at all; every tag that is
    /// listed leads to a whole image. Blobs that an earlier verification has read are only asked for, unless
    /// <paramref name="readAgain"/> says to read them again.
    /// </summary>
    public async Task VerifyAsync(RegistryHttp http, bool readAgain, CancellationToken cancellationToken)
    {
        var blobs = new HashSet<string>();
        foreach (var (digest, expectation) in Blobs)
        {
            // Reading it whole checks it against its digest.
            var known = _read.Contains(digest) && !readAgain;
            var length = known ? await http.FindBlobLengthAsync(Name, digest, cancellationToken) : await http.FindBlobAsync(Name, digest, cancellationToken);
            Assert.True(
                expectation.Allows(length is null ? null : digest),
                $"the blob {Name}@{digest} was acknowledged, and is {(length is null ? "absent" : "there")} after the restart");
            if (length is not null)
            {
                blobs.Add(digest);
                _read.Add(digest);
            }
        }

        var whole = new HashSet<string>();
        foreach (var (digest, (content, named, _, expectation)) in Manifests)
        {
            var manifest = await http.FindManifestAsync(Name, digest, cancellationToken);
            expectation.Observe(manifest?.Digest, $"the manifest {Name}@{digest}");
            if (manifest is not null)
            {
                Assert.Equal(content, manifest.Content);
                Assert.All(named, blob => Assert.True(blobs.Contains(blob), $"{Name}@{digest} is there, and its blob {blob} is not"));
                whole.Add(digest);
            }
        }

        var resolved = new List<string>();
        foreach (var (tag, expectation) in Tags)
        {
            var manifest = await http.FindManifestAsync(Name, tag, cancellationToken);
            expectation.Observe(manifest?.Digest, $"the tag {Name}:{tag}");
            if (manifest is not null)
            {
                Assert.Contains(manifest.Digest, whole);
                resolved.Add(tag);
            }
        }

        Assert.Equal(resolved.Order(StringComparer.Ordinal), (await http.GetTagsAsync(Name, cancellationToken)).Order(StringComparer.Ordinal));
    }

    private static Expectation Get(Dictionary<string, Expectation> expectations, string key)
    {
        if (!expectations.TryGetValue(key, out var found))
        {
            found = new Expectation();
            expectations.Add(key, found);
        }

        return found;
    }
}
