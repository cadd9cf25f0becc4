using System.Globalization;
using System.Text;
using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>Tags deleted one after the other: on one side all of one repository that has many, on the other of repositories in turn that have ten each. Half of them stay on either side.</summary>
/// <param name="crowded">The side with one repository.</param>
/// <param name="tags">How many tags there are on either side.</param>
/// <param name="count">How many are deleted in a repeat.</param>
internal sealed class DeleteTags(BlobSource source, string run, string crowded, int tags, int count) : Workload
{
    private const int FillConnections = 16;
    private const int Few = 10;
    private const int WarmUps = 10;

    private int repeats;

    public override string Name => $"delete one of {tags} tags, against one of {Few}";

    public override string Unit => "tags/s";

    public override int MaxRepeats => ((tags / 2) - WarmUps) / count;

    public override void Prepare(int repeats) => this.repeats = repeats;

    public void Fill(Target target, CancellationToken cancellationToken)
    {
        var config = source.Create(1_500);
        var manifest = Manifest.Oci(config, [config]);
        var home = new RepositoryPath($"{run}/home");
        using (var client = target.CreateClient())
        {
            client.PushWhole(home, config);
        }

        Load.Run(target, FillConnections, target.Label == crowded ? 1 : tags / Few, (client, i) => client.Mount(RepositoryOf(target, i * Few), home, config), cancellationToken);
        Load.Run(target, FillConnections, tags, (client, i) => client.PutManifest(RepositoryOf(target, i), TagOf(i), manifest), cancellationToken);
    }

    public override void WarmUp(Target target, CancellationToken cancellationToken) => Delete(target, repeats * count, WarmUps, cancellationToken);

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken) => Delete(target, repeat * count, count, cancellationToken) with { Amount = count };

    private Slice Delete(Target target, int first, int many, CancellationToken cancellationToken) => Load.Run(
        target,
        workers: 1,
        many,
        (client, i) => client.DeleteTag(RepositoryOf(target, TagInTurn(first + i)), TagOf(TagInTurn(first + i))),
        cancellationToken);

    // The first tag of each ten, then the second of each.
    private int TagInTurn(int deletion) => (deletion * Few % tags) + (deletion * Few / tags);

    private RepositoryPath RepositoryOf(Target target, int tag) =>
        new(target.Label == crowded ? $"{run}/crowded" : string.Create(CultureInfo.InvariantCulture, $"{run}/few{tag / Few:0000}"));

    private static byte[] TagOf(int tag) => Encoding.ASCII.GetBytes(tag.ToString("'v'00000", CultureInfo.InvariantCulture));
}
