using System.Globalization;
using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>The catalog of a server with many repositories of one small image each.</summary>
internal static class Catalogs
{
    private const int FillConnections = 16;
    private const int OtherStrings = 1; // "repositories"

    public static Suite CreateSuite(Scale scale, BlobSource source)
    {
        // 1000 is the peer's highest page, unless it is configured otherwise.
        var paged = new WalkList(
            $"catalog of {scale.Repositories} repositories, n={scale.RepositoryPage}",
            $"/v2/_catalog?n={scale.RepositoryPage}",
            OtherStrings,
            scale.Repositories,
            walks: 2);
        return new Suite("catalog", [paged]) { Fill = Fill, KeepAs = $"catalog-{scale.Repositories}" };

        void Fill(Target target, CancellationToken cancellationToken)
        {
            if (paged.Inspect(target)?.Names >= scale.Repositories)
            {
                return;
            }

            var config = source.Create(1_500);
            var manifest = Manifest.Oci(config, [config]);
            var repositories = Enumerable.Range(0, scale.Repositories)
                .Select(i => new RepositoryPath(i.ToString("'listing/r'00000", CultureInfo.InvariantCulture)))
                .ToArray();
            using (var client = target.CreateClient())
            {
                client.PushWhole(repositories[0], config);
            }

            Load.Run(target, FillConnections, repositories.Length, PushImage, cancellationToken);

            void PushImage(RegistryClient client, int i)
            {
                if (i > 0)
                {
                    client.Mount(repositories[i], repositories[0], config);
                }

                client.PutManifest(repositories[i], "latest"u8, manifest);
            }
        }
    }
}
