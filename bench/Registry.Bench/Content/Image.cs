using System.Text;

namespace Registry.Bench.Content;

/// <summary>A small image whose every blob is new to the server.</summary>
internal sealed record Image(byte[] Tag, Blob[] Layers, Blob Config, Manifest Manifest)
{
    private const int LayerCount = 10;
    private const int LayerLength = 100_000;
    private const int ConfigLength = 1_500;

    public static Image[] CreateMany(BlobSource source, int count)
    {
        var images = new Image[count];
        for (var i = 0; i < count; i++)
        {
            var layers = source.CreateMany(LayerCount, LayerLength);
            var config = source.Create(ConfigLength);
            var manifest = Manifest.Docker(config, layers);
            // The tag is taken from the digest: new images get new tags, whatever repeat they belong to.
            var tag = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(manifest.Digest[7..19]));
            images[i] = new Image(tag, layers, config, manifest);
        }

        return images;
    }
}
