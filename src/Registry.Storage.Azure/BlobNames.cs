using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Registry.Storage.Azure;

/// <summary>What is where in the container: objects under <c>o/</c>, markers of uploads under <c>u/</c>, the start-up probe's blobs under <c>p/</c>.</summary>
internal sealed class BlobNames(BlobContainerClient container, string prefix)
{
    // The service takes a backslash for a slash. A text that comes after all that begins with "[" in a key, and before "]", keeps the keys' order.
    private const string Backslash = "[\u00a6";

    private readonly string root = prefix.Length == 0 || prefix.EndsWith('/') ? prefix : prefix + "/";

    public BlobContainerClient Container => container;

    private string Objects => root + "o/";

    public BlockBlobClient Object(string key) => container.GetBlockBlobClient(OfKey(key));

    /// <summary>The name of an object, or what the names start with of the objects whose keys start with a text (and of some others).</summary>
    public string OfKey(string key) => Objects + key.Replace("\\", Backslash, StringComparison.Ordinal);

    /// <summary>The key of an object by its name.</summary>
    public string ToKey(string name) => name[Objects.Length..].Replace(Backslash, "\\", StringComparison.Ordinal);

    public BlockBlobClient Marker(string upload) => container.GetBlockBlobClient($"{root}u/{upload}");

    public BlockBlobClient Probe(string name) => container.GetBlockBlobClient($"{root}p/{name}");
}
