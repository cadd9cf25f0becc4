using System.Text.RegularExpressions;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Proxies;

/// <summary>Clients that sign in to the registry itself through a proxy that ends TLS, and push to and pull from its feeds.</summary>
public sealed partial class SignInTests(TestRun run)
{
    public static TheoryData<string> Clients => [.. ImageClients.All];

    /// <summary>Every client with tokens and with a password in every request.</summary>
    public static TheoryData<string, string> ClientsAndChallenges =>
        [.. ImageClients.All.SelectMany(client => (TheoryDataRow<string, string>[])[(client, SignInSite.Bearer), (client, SignInSite.Basic)])];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(ClientsAndChallenges))]
    public async Task On_the_standard_port_an_image_is_pushed_and_pulled_by(string name, string challenge)
    {
        var site = await SignInSite.SharedAsync(run, challenge);
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.Access(443, site.Name));
        await client.LogInAsync(SignInSite.Writer, Cancelled);

        var pushed = await client.PushAsync(NewRepository(name), "1", [ImageRecipe.Create()], Cancelled);

        await ImageAssert.WholeAsync(site.Host.Http, pushed, Cancelled);
        await ImageAssert.PulledEqualAsync(site.Host.Http, pushed, client, "amd64", Cancelled);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task On_another_port_an_index_is_pushed_and_pulled_by(string name)
    {
        var site = await SignInSite.SharedAsync(run, SignInSite.Bearer);
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.Access(SignInSite.OddPort, site.Name));
        await client.LogInAsync(SignInSite.Writer, Cancelled);

        var pushed = await client.PushAsync(NewRepository(name), "multi", [ImageRecipe.Create(), ImageRecipe.Create("arm64")], Cancelled);

        await ImageAssert.WholeAsync(site.Host.Http, pushed, Cancelled);
        await ImageAssert.PulledEqualAsync(site.Host.Http, pushed, client, "arm64", Cancelled);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Whoever_may_only_pull_pulls_and_pushes_nothing_with(string name)
    {
        var site = await SignInSite.SharedAsync(run, SignInSite.Bearer);
        var access = site.Network.Access(443, site.Name);
        var pushed = await PushAsync(site, access);
        await using var client = await ImageClients.CreateAsync(run, name, access);
        await client.LogInAsync(SignInSite.Reader, Cancelled);

        var content = await client.PullAsync(pushed.Reference, "amd64", Cancelled);
        var refused = await Assert.ThrowsAsync<CommandFailedException>(
            () => client.PushAsync(NewRepository(name), "refused", [ImageRecipe.Create()], Cancelled));

        Assert.Equal(pushed.Files["amd64"], content.Files);
        AssertRefused(refused);
    }

    [Theory]
    [MemberData(nameof(ClientsAndChallenges))]
    public async Task A_wrong_password_is_refused_to(string name, string challenge)
    {
        var site = await SignInSite.SharedAsync(run, challenge);
        var access = site.Network.Access(443, site.Name);
        var pushed = await PushAsync(site, access);
        await using var client = await ImageClients.CreateAsync(run, name, access);

        AssertRefused(await Assert.ThrowsAsync<CommandFailedException>(async () =>
        {
            await client.LogInAsync(SignInSite.Writer with { Password = "wrong" }, Cancelled);
            await client.PullAsync(pushed.Reference, "amd64", Cancelled);
        }));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Nothing_is_given_to_whoever_has_not_signed_in_with(string name)
    {
        var site = await SignInSite.SharedAsync(run, SignInSite.Bearer);
        var access = site.Network.Access(SignInSite.OddPort, site.Name);
        var pushed = await PushAsync(site, access);
        await using var client = await ImageClients.CreateAsync(run, name, access);

        AssertRefused(await Assert.ThrowsAsync<CommandFailedException>(() => client.PullAsync(pushed.Reference, "amd64", Cancelled)));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_host_name_stands_for_a_feed_to(string name)
    {
        var site = await SignInSite.SharedAsync(run, SignInSite.Bearer);
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.Access(443, ProxyNetwork.FeedName));
        await client.LogInAsync(SignInSite.Writer, Cancelled);
        var repository = run.NewRepository(name);

        var pushed = await client.PushAsync(repository, "1", [ImageRecipe.Create()], Cancelled);

        Assert.StartsWith($"{ProxyNetwork.FeedName}/{repository}", pushed.Reference, StringComparison.Ordinal);
        await site.Host.Http.PullWholeAsync($"own/{repository}", "1", Cancelled);
        Assert.Equal(pushed.Files["amd64"], (await client.PullAsync(pushed.Reference, "amd64", Cancelled)).Files);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task An_api_key_is_a_password_to(string name)
    {
        var site = await SignInSite.SharedAsync(run, SignInSite.Bearer);
        using var made = await site.Host.Http.Client.PostAsync($"/test/keys/{SignInSite.Writer.UserName}", null, Cancelled);
        var key = await made.Content.ReadAsStringAsync(Cancelled);
        Assert.True(made.IsSuccessStatusCode, key);
        await using var client = await ImageClients.CreateAsync(run, name, site.Network.Access(443, site.Name));
        await client.LogInAsync(new Login("api", key), Cancelled);

        var pushed = await client.PushAsync(NewRepository(name), "1", [ImageRecipe.Create()], Cancelled);

        await ImageAssert.PulledEqualAsync(site.Host.Http, pushed, client, "amd64", Cancelled);
    }

    /// <summary>The path of the address is the feed, and no part of the repository's name; the token service is below the same path.</summary>
    [Fact]
    public async Task Containerd_signs_in_to_a_feed_by_its_path()
    {
        const string other = "images.example.com";
        var site = await SignInSite.SharedAsync(run, SignInSite.Bearer);
        var access = site.Network.Access(SignInSite.OddPort, site.Name);
        var pushed = await PushAsync(site, access);
        await using var containerd = await ContainerdClient.StartAsync(run, access);
        await containerd.LogInAsync(SignInSite.Reader, Cancelled);
        containerd.SetHosts(other, Mirrors.MirrorSettings.Containerd(other, new Uri($"https://{access.Name}/{SignInSite.Feed}/v2"), access.AuthorityFile));

        var content = await containerd.PullAsync($"{other}/{pushed.Repository[(SignInSite.Feed.Length + 1)..]}:{pushed.Tag}", "amd64", Cancelled);

        Assert.Equal(pushed.Files["amd64"], content.Files);
    }

    private static void AssertRefused(CommandFailedException refused) => Assert.True(Refused().IsMatch(Command(refused)), refused.Message);

    /// <summary>What the command said, without the log of the registry.</summary>
    private static string Command(CommandFailedException refused) => refused.Message.Split("--- the registry's log")[0];

    [GeneratedRegex(@"\b40[13]\b|unauthorized|Forbidden|denied|authentication required|invalid username/password|credential|CONTAINER1\d\d\d", RegexOptions.IgnoreCase)]
    private static partial Regex Refused();

    private async Task<PushedImage> PushAsync(SignInSite site, RegistryAccess access)
    {
        await using var skopeo = SkopeoClient.Create(run, access);
        await skopeo.LogInAsync(SignInSite.Writer, Cancelled);
        return await skopeo.PushAsync(NewRepository("direct"), "1", [ImageRecipe.Create()], Cancelled);
    }

    private string NewRepository(string name) => $"{SignInSite.Feed}/{run.NewRepository(name)}";
}
