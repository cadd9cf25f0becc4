using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>One kind of request for the same manifest, on many connections.</summary>
internal sealed class ReadManifests(string name, int count, Action<RegistryClient, int> request) : Workload
{
    private const int Connections = 64;

    public override string Name => $"{name}, {Connections} connections";

    public override string Unit => "requests/s";

    public static Suite CreateSuite(Scale scale, BlobSource source, string run)
    {
        var repository = new RepositoryPath($"{run}/manifests");
        var image = Image.CreateMany(source, 1)[0];
        var (manifest, tag) = (image.Manifest, image.Tag);
        Workload[] rows =
        [
            Read("GET manifest by tag", (client, _) => client.GetManifest(repository, tag, manifest)),
            Read("GET manifest by digest", (client, _) => client.GetManifest(repository, manifest.Digest, manifest)),
            Read("HEAD manifest by tag", (client, _) => client.HeadManifest(repository, tag, manifest)),
            Read("HEAD manifest by digest", (client, _) => client.HeadManifest(repository, manifest.Digest, manifest)),
            new PutManifests(repository, image, scale.ManifestWrites),
        ];
        return new Suite("manifests", rows) { Fill = (target, _) => Push(target, repository, image) };

        ReadManifests Read(string name, Action<RegistryClient, int> request) => new(name, scale.ManifestReads, request);
    }

    /// <summary>Gives a server the manifest that is read.</summary>
    public static void Push(Target target, RepositoryPath repository, Image image)
    {
        using var client = target.CreateClient();
        foreach (var blob in (Blob[])[.. image.Layers, image.Config])
        {
            client.PushWhole(repository, blob);
        }

        client.PutManifest(repository, image.Tag, image.Manifest);
    }

    public override void WarmUp(Target target, CancellationToken cancellationToken) =>
        Load.Run(target, Connections, count / 2, request, cancellationToken);

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken) =>
        Load.Run(target, Connections, count, request, cancellationToken) with { Amount = count };
}
