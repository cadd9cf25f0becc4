using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Report;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>What collecting costs those who push and pull meanwhile, and what many tags cost those who delete one.</summary>
internal static class CollectionGroups
{
    private const string Prefix = "beside a collector: ";
    private const string Removal = "beside a collector that removes: ";
    private const string Crowded = "one of many";
    private const int PullLength = 10_000_000;

    /// <param name="program">The published host.</param>
    /// <param name="run">A word that no other run uses.</param>
    public static IReadOnlyList<Group> Create(string program, Scale scale, BlobSource source, string run)
    {
        var delete = new DeleteTags(source, $"{run}/deletions", Crowded, scale.Tags, scale.TagDeletions);
        var pull = new PullBlobs(source, run, PullLength, scale.Blobs.First(static blob => blob.Length == PullLength).Pulls * 3, workers: 1) { Prefix = Prefix };
        var removed = new PullBlobs(source, run, PullLength, scale.Blobs.First(static blob => blob.Length == PullLength).Pulls * 3, workers: 1) { Prefix = Removal };
        var repository = new RepositoryPath($"{run}/collection");
        var image = Image.CreateMany(source, 1)[0];
        var read = new ReadManifests($"{Prefix}GET manifest by digest", scale.SignInReads, (client, _) => client.GetManifest(repository, image.Manifest.Digest, image.Manifest));
        return
        [
            new Group(
                "collection",
                new Comparison($"Collection: a collector that goes through {scale.GeneratedBlobs} blobs over and over beside, against none; above 1 it costs nothing", "collecting", "at rest", IsPeerFirst: true),
                () => new SignInServer(program, "collecting") { GeneratedBlobs = scale.GeneratedBlobs, Collects = true },
                () => new SignInServer(program, "at-rest") { GeneratedBlobs = scale.GeneratedBlobs },
                [
                    new Suite("images", [new PushImages(source, run, scale.ImagesTogether, concurrency: 1) { Prefix = Prefix }]),
                    new Suite(pull.Name, [pull]) { Fill = pull.Fill },
                    new Suite(read.Name, [read]) { Fill = (target, _) => ReadManifests.Push(target, repository, image) },
                ]),
            new Group(
                "removal",
                new Comparison($"Removal: a collector that removes up to {scale.GarbageBlobs} blobs beside, against none; above 1 it costs nothing", "removing", "at rest", IsPeerFirst: true),
                () => new SignInServer(program, "removing") { GarbageBlobs = scale.GarbageBlobs, Collects = true },
                () => new SignInServer(program, "not-removing") { GarbageBlobs = scale.GarbageBlobs },
                [
                    new Suite("removal-images", [new PushImages(source, run, scale.ImagesTogether, concurrency: 1) { Prefix = Removal }]),
                    new Suite(removed.Name, [removed]) { Fill = removed.Fill },
                ]),
            new Group(
                "deletions",
                new Comparison($"Deletions: of one of {scale.Tags} tags, against one of ten; above 1 the others cost nothing", Crowded, "one of ten", IsPeerFirst: true),
                () => new SignInServer(program, "one-of-many"),
                () => new SignInServer(program, "one-of-ten"),
                [new Suite(delete.Name, [delete]) { Fill = delete.Fill }]),
        ];
    }
}
