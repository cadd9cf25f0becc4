using System.Text;
using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>New manifests under new tags, all of blobs that the repository has.</summary>
internal sealed class PutManifests(RepositoryPath repository, Image image, int count) : Workload
{
    private const int Connections = 16;

    private (byte[] Tag, Manifest Manifest)[][] repeats = [];
    private (byte[] Tag, Manifest Manifest)[] warmUp = [];

    public override string Name => $"PUT manifest with a new tag, {Connections} connections";

    public override string Unit => "requests/s";

    public override void Prepare(int repeats)
    {
        warmUp = Create("w");
        this.repeats = [.. Enumerable.Range(0, repeats).Select(i => Create($"r{i}"))];
    }

    public override void WarmUp(Target target, CancellationToken cancellationToken) => Put(target, warmUp, cancellationToken);

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken) =>
        Put(target, repeats[repeat], cancellationToken) with { Amount = count };

    private (byte[] Tag, Manifest Manifest)[] Create(string prefix) =>
    [
        .. Enumerable.Range(0, count)
            .Select(i => $"{prefix}-{i}")
            .Select(tag => (Encoding.ASCII.GetBytes(tag), Manifest.Oci(image.Config, image.Layers, annotation: tag))),
    ];

    private Slice Put(Target target, (byte[] Tag, Manifest Manifest)[] manifests, CancellationToken cancellationToken) => Load.Run(
        target,
        Connections,
        manifests.Length,
        (client, i) => client.PutManifest(repository, manifests[i].Tag, manifests[i].Manifest),
        cancellationToken);
}
