using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Report;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>What signing in, feeds and grants cost: our own registry with them against the same without, or with fewer.</summary>
internal static class SignInGroups
{
    private const string Prefix = "sign-in: ";
    private const int Feeds = 200;
    private const int GrantsPerFeed = 5;

    private static readonly string ManyFeeds = $"{Feeds} feeds, {Feeds * GrantsPerFeed} grants";

    /// <param name="program">The published host.</param>
    /// <param name="run">A word that no other run uses.</param>
    public static IReadOnlyList<Group> Create(string program, Scale scale, BlobSource source, string run) =>
    [
        new Group(
            "sign-in",
            new Comparison($"Sign-in: tokens in a registry with {ManyFeeds}, against one open to everybody; above 1 the token costs nothing", "bearer", "anonymous", IsPeerFirst: true),
            () => new SignInServer(program, "bearer") { Feeds = Feeds, GrantsPerFeed = GrantsPerFeed },
            () => new SignInServer(program, "anonymous"),
            [CreateManifests(scale, source, run), CreateImages(scale, source, run)]),
        CreateListings(program, scale, inMemory: true),
        CreateListings(program, scale, inMemory: false),
        new Group(
            "decisions",
            new Comparison($"Authorization: {ManyFeeds} against 1 feed, 1 grant; above 1 many cost nothing", "many", "one", IsPeerFirst: true),
            () => new SignInServer(program, "many") { Feeds = Feeds, GrantsPerFeed = GrantsPerFeed, RepeatsDecisions = true },
            () => new SignInServer(program, "one") { Feeds = 1, GrantsPerFeed = 1, RepeatsDecisions = true },
            [new Suite("decisions", [new RepeatDecisions($"{Prefix}authorization of one request", scale.Decisions)]) { Scopes = [RepeatDecisions.Scope] }]),
    ];

    private static Suite CreateManifests(Scale scale, BlobSource source, string run)
    {
        var name = $"{SignInNames.Feed}/{run}/manifests";
        var repository = new RepositoryPath(name);
        var image = Image.CreateMany(source, 1)[0];
        Workload[] rows =
        [
            new ReadManifests($"{Prefix}HEAD manifest by tag", scale.SignInReads, (client, _) => client.HeadManifest(repository, image.Tag, image.Manifest)),
            new ReadManifests($"{Prefix}GET manifest by digest", scale.SignInReads, (client, _) => client.GetManifest(repository, image.Manifest.Digest, image.Manifest)),
        ];
        return new Suite("manifests", rows)
        {
            Fill = (target, _) => ReadManifests.Push(target, repository, image),
            Scopes = [$"repository:{name}:pull,push"],
        };
    }

    private static Suite CreateImages(Scale scale, BlobSource source, string run)
    {
        // The first part of a name is a feed's where there are feeds, and a part of the name where there are none: the requests are the same.
        var row = new PushImages(source, $"{SignInNames.Feed}/{run}", scale.ImagesTogether, concurrency: 1) { Prefix = Prefix };
        return new Suite("images", [row]) { Scopes = [$"repository:{SignInNames.Feed}/{run}/image0:pull,push"] };
    }

    private static Group CreateListings(string program, Scale scale, bool inMemory)
    {
        var place = inMemory ? "in memory" : "on disk";
        var name = $"catalog of feeds: {scale.RepositoriesPerFeed} of {scale.RepositoriesPerFeed * Feeds} repositories, {place}";
        Workload[] rows = inMemory
            ? [new ListFeed(name, scale.RepositoriesPerFeed, scale.FeedListings)]
            : [new ListFeed(name, scale.RepositoriesPerFeed, scale.FeedListings), new ListFeed($"{name}, each after a change", scale.RepositoriesPerFeed, scale.FeedListings) { AfterChange = true }];
        return new Group(
            inMemory ? "catalog-in-memory" : "catalog-on-disk",
            new Comparison($"Catalog, {place}: a feed among {Feeds} with as many repositories each, against a registry that has this feed alone; above 1 the others cost nothing", "among others", "alone", IsPeerFirst: true),
            () => Server("among-others", Feeds),
            () => Server("alone", 1),
            [new Suite(name, rows) { Scopes = ["registry:catalog:*"] }]);

        SignInServer Server(string side, int feeds) => new(program, side)
        {
            Feeds = feeds,
            GrantsPerFeed = GrantsPerFeed,
            Repositories = scale.RepositoriesPerFeed,
            InMemory = inMemory,
            CountsOperations = true,
        };
    }
}
