using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>What a repository may hold, by what the registry acknowledged, and the check that it does.</summary>
internal sealed class RepositoryModel(string name)
{
    public string Name { get; } = name;

    public Dictionary<string, Expectation> Blobs { get; } = [];

    public Dictionary<string, (byte[] Content, IReadOnlyList<string> OwnBlobs, Expectation Expectation)> Manifests { get; } = [];

    public Dictionary<string, Expectation> Tags { get; } = [];

    public Expectation Blob(string digest) => Get(Blobs, digest);

    public Expectation Tag(string tag) => Get(Tags, tag);

    public Expectation Manifest(string digest, byte[] content, IReadOnlyList<string> ownBlobs)
    {
        if (!Manifests.TryGetValue(digest, out var found))
        {
            found = (content, ownBlobs, new Expectation());
            Manifests.Add(digest, found);
        }

        return found.Expectation;
    }

    /// <summary>
    /// Everything acknowledged is there, byte for byte; everything else is there whole or not at all; every tag that is
    /// listed leads to a whole image.
    /// </summary>
    public async Task VerifyAsync(RegistryHttp http, CancellationToken cancellationToken)
    {
        foreach (var (digest, expectation) in Blobs)
        {
            // Reading it all checks it against its digest.
            var length = await http.FindBlobAsync(Name, digest, cancellationToken);
            Assert.True(
                expectation.Allows(length is null ? null : digest),
                $"the blob {Name}@{digest} was acknowledged, and is {(length is null ? "absent" : "there")} after the restart");
        }

        foreach (var (digest, (content, _, expectation)) in Manifests)
        {
            var manifest = await http.FindManifestAsync(Name, digest, cancellationToken);
            expectation.Observe(manifest?.Digest, $"the manifest {Name}@{digest}");
            if (manifest is not null)
            {
                Assert.Equal(content, manifest.Content);
                await http.PullWholeAsync(Name, digest, cancellationToken);
            }
        }

        var resolved = new List<string>();
        foreach (var (tag, expectation) in Tags)
        {
            var manifest = await http.FindManifestAsync(Name, tag, cancellationToken);
            expectation.Observe(manifest?.Digest, $"the tag {Name}:{tag}");
            if (manifest is not null)
            {
                resolved.Add(tag);
                await http.PullWholeAsync(Name, tag, cancellationToken);
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
