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

    private string Markers => root + "u/";

    public BlockBlobClient Object(string key) => container.GetBlockBlobClient(OfKey(key));

    /// <summary>The name of an object, or what the names start with of the objects whose keys start with a text (and of some others).</summary>
    public string OfKey(string key) => Objects + Spell(key);

    /// <summary>The key of an object by its name.</summary>
    public string ToKey(string name) => Read(name[Objects.Length..]);

    /// <summary>The marker of an upload: its key and its id. The space between them comes before all that keys are made of, so that markers are in the keys' order.</summary>
    public BlockBlobClient Marker(string key, string id) => container.GetBlockBlobClient($"{OfMarkers(key)} {id}");

    /// <summary>What the names start with of the markers of uploads whose keys start with a text (and of some others).</summary>
    public string OfMarkers(string keyPrefix) => Markers + Spell(keyPrefix);

    /// <summary>Which upload a marker is of, by its name.</summary>
    public bool TryReadMarker(string name, out (string Key, string Id) upload)
    {
        int space = name.LastIndexOf(' ');
        upload = space > Markers.Length ? (Read(name[Markers.Length..space]), name[(space + 1)..]) : default;
        return ObjectKey.IsValid(upload.Key) && AzureUploadToken.IsId(upload.Id);
    }

    public BlockBlobClient Probe(string name) => container.GetBlockBlobClient($"{root}p/{name}");

    private static string Spell(string key) => key.Replace("\\", Backslash, StringComparison.Ordinal);

    private static string Read(string spelled) => spelled.Replace(Backslash, "\\", StringComparison.Ordinal);
}
