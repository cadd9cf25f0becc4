using System.Globalization;
using System.Text;
using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>The tags of one repository that has many.</summary>
internal static class TagLists
{
    private const int FillConnections = 16;
    private const int OtherStrings = 3; // "name", its value, "tags"

    public static Suite CreateSuite(Scale scale, BlobSource source)
    {
        var whole = new WalkList($"list {scale.Tags} tags, whole", "/v2/listing/tags/tags/list", OtherStrings, scale.Tags, walks: 50);
        var paged = new WalkList(
            $"list {scale.Tags} tags, n={scale.TagPage}",
            $"/v2/listing/tags/tags/list?n={scale.TagPage}",
            OtherStrings,
            scale.Tags,
            walks: 20);
        return new Suite("tags", [whole, paged]) { Fill = Fill, KeepAs = $"tags-{scale.Tags}" };

        void Fill(Target target, CancellationToken cancellationToken)
        {
            if (whole.Inspect(target)?.Names >= scale.Tags)
            {
                return;
            }

            var repository = new RepositoryPath("listing/tags");
            var config = source.Create(1_500);
            var manifest = Manifest.Oci(config, [config]);
            using (var client = target.CreateClient())
            {
                client.PushWhole(repository, config);
            }

            Load.Run(target, FillConnections, scale.Tags, PutTag, cancellationToken);

            void PutTag(RegistryClient client, int i) =>
                client.PutManifest(repository, Encoding.ASCII.GetBytes(i.ToString("'v'00000", CultureInfo.InvariantCulture)), manifest);
        }
    }
}
