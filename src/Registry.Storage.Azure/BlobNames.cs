using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Registry.Storage.Azure;

/// <summary>What is where in the container: objects under <c>o/</c>, markers of uploads under <c>u/</c>, the start-up probe's blobs under <c>p/</c>.</summary>
internal sealed class BlobNames(BlobContainerClient container, string prefix)
{
    private readonly string root = prefix.Length == 0 || prefix.EndsWith('/') ? prefix : prefix + "/";

    public BlobContainerClient Container => container;

    /// <summary>What the name of every object starts with.</summary>
    public string Objects => root + "o/";

    public BlockBlobClient Object(string key) => container.GetBlockBlobClient(Objects + key);

    public BlockBlobClient Marker(string upload) => container.GetBlockBlobClient($"{root}u/{upload}");

    public BlockBlobClient Probe(string name) => container.GetBlockBlobClient($"{root}p/{name}");
}
