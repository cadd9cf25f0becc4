using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.SignIn;

/// <summary>The sample with feeds, as it is: everybody pulls from <c>main</c>, whoever has logged in pushes to it.</summary>
public sealed class FeedsSampleTests(TestRun run)
{
    private static readonly Login Alice = new("alice", "alice-sample-password");
    private static readonly Login Bob = new("bob", "bob-sample-password");
    private static readonly Login Carol = new("carol", "carol-sample-password");

    private static readonly HostOptions Sample = HostOptions.Sample("Feeds", ["--Registry:Data={data}"]);

    public static TheoryData<string> Clients => [.. ImageClients.All];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Pulling_needs_no_login_and_pushing_does_with(string name)
    {
        var site = await SharedAsync();
        await using var client = await ImageClients.CreateAsync(run, name, new RegistryAccess(site.Host.Name));
        (client as DotNetSdkClient)?.PushBaseAs(Bob);

        var pulled = await client.PullAsync(site.Image.Reference, "amd64", Cancelled);
        await Refusal.OfAsync(() => client.PushAsync(NewRepository("main", name), "refused", [ImageRecipe.Create()], Cancelled));
        await client.LogInAsync(Bob, Cancelled);
        var pushed = await client.PushAsync(NewRepository("main", name), "1", [ImageRecipe.Create()], Cancelled);

        Assert.Equal(site.Image.Files["amd64"], pulled.Files);
        await site.Host.Http.PullWholeAsync(pushed.Repository, "1", Cancelled);
    }

    [Fact]
    public async Task A_closed_feed_is_open_to_those_whom_it_is_granted_to()
    {
        var site = await SharedAsync();
        var access = new RegistryAccess(site.Host.Name);
        await using var alice = SkopeoClient.Create(run, access);
        await using var carol = SkopeoClient.Create(run, access);
        await using var nobody = OrasClient.Create(run, access);
        await alice.LogInAsync(Alice, Cancelled);
        await carol.LogInAsync(Carol, Cancelled);
        var recipe = ImageRecipe.Create();

        var shared = await alice.PushAsync(NewRepository("private/shared", "skopeo"), "1", [recipe], Cancelled);
        var secret = await alice.PushAsync(NewRepository("private", "skopeo"), "1", [recipe], Cancelled);

        Assert.Equal(recipe.Files, (await carol.PullAsync(shared.Reference, "amd64", Cancelled)).Files);
        await Refusal.OfAsync(() => carol.PullAsync(secret.Reference, "amd64", Cancelled));
        await Refusal.OfAsync(() => carol.PushAsync(shared.Repository, "2", [recipe], Cancelled));
        await Refusal.OfAsync(() => nobody.PullAsync(shared.Reference, "amd64", Cancelled));
    }

    [Fact]
    public async Task A_key_from_the_command_line_is_good_until_it_is_revoked_there()
    {
        var site = await SharedAsync();
        var command = Sample.CommandFor(0, site.Host.DataFolder);
        var shell = run.NewShell("keys");
        var created = await RunAsync("key", "alice", "ci");
        var key = created.Trim();
        var access = new RegistryAccess(site.Host.Name);
        await using var skopeo = SkopeoClient.Create(run, access);
        await using var oras = OrasClient.Create(run, access);
        await skopeo.LogInAsync(new Login("api", key), Cancelled);
        await oras.LogInAsync(new Login("api", key), Cancelled);

        // A developer's key: the feed without a name is theirs to push to.
        var pushed = await skopeo.PushAsync(run.NewRepository("skopeo"), "1", [ImageRecipe.Create()], Cancelled);
        var listed = await RunAsync("keys");
        await RunAsync("revoke", key[4..30]);

        await site.Host.Http.PullWholeAsync(pushed.Repository, "1", Cancelled);
        Assert.Contains($"{key[4..30]}  alice  ci", listed, StringComparison.Ordinal);
        Assert.DoesNotContain(key, listed, StringComparison.Ordinal);
        await Refusal.OfAsync(() => oras.PushAsync(pushed.Repository, "2", [ImageRecipe.Create()], Cancelled));

        async Task<string> RunAsync(params string[] arguments) => (await shell.RunInAsync(
            Path.GetDirectoryName(command[1])!, command[0], [command[1], .. arguments, $"--Registry:Data={site.Host.DataFolder}"], Cancelled)).Output;
    }

    private string NewRepository(string feed, string name) => $"{feed}/{run.NewRepository(name)}";

    /// <summary>The host, with an image in <c>main</c>.</summary>
    private Task<Site> SharedAsync() => run.SharedAsync("sample with feeds", async () =>
    {
        var host = await run.StartAsync(Sample, "feeds-sample", CancellationToken.None);
        await using var skopeo = SkopeoClient.Create(run, new RegistryAccess(host.Name));
        await skopeo.LogInAsync(Alice, CancellationToken.None);
        return new Site(host, await skopeo.PushAsync(NewRepository("main", "image"), "1", [ImageRecipe.Create()], CancellationToken.None));
    });

    private sealed record Site(RegistryHost Host, PushedImage Image) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
