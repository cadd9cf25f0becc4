using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>That an image is what was pushed.</summary>
internal static class ImageAssert
{
    /// <summary>Everything that the tag leads to is there with the right bytes, and it is what the client says it pushed.</summary>
    public static async Task WholeAsync(RegistryHttp registry, PushedImage pushed, CancellationToken cancellationToken)
    {
        var manifest = await registry.GetManifestAsync(pushed.Repository, pushed.Tag, cancellationToken);
        if (pushed.Digest is not null)
        {
            Assert.Equal(pushed.Digest, manifest.Digest);
        }

        await registry.PullWholeAsync(pushed.Repository, manifest.Digest, cancellationToken);
    }

    /// <summary>What a client pulls has the files that were pushed.</summary>
    public static async Task PulledEqualAsync(
        RegistryHttp registry, PushedImage pushed, IImageClient client, string architecture, CancellationToken cancellationToken)
    {
        var manifest = await registry.GetManifestAsync(pushed.Repository, pushed.Tag, cancellationToken);

        var content = await client.PullAsync(pushed.Reference, architecture, cancellationToken);

        Assert.Equal(pushed.Files[architecture], content.Files);
        if (content.Digests.Count > 0)
        {
            Assert.Contains(manifest.Digest, content.Digests);
        }
    }
}
