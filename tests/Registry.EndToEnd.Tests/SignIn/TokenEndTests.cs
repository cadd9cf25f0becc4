using System.Globalization;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.SignIn;

/// <summary>Access tokens that end while a client pushes an image of several layers: after the content of a layer began to come, and before it came to its end.</summary>
public sealed class TokenEndTests(TestRun run)
{
    private const string Mark = "The first content of an upload has come, and tokens end.";

    /// <summary>What the host's settings allow at least.</summary>
    private const int LifetimeSeconds = 60;

    /// <summary>How long the first token is good in the client's eyes. A token that ends sooner is only got anew sooner.</summary>
    private const int LeftSeconds = 5;

    private static readonly Login Writer = new("writer", "correct-horse:battery");

    public static TheoryData<string> Clients => [.. ImageClients.All];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Client and registry agree on the time: the registry's clock is behind, so that its tokens are old when they are made, until their end is past.</summary>
    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_push_that_outlives_its_token_is_finished_by(string name)
    {
        await using var host = await StartAsync(LeftSeconds - LifetimeSeconds, LeftSeconds + 1, LifetimeSeconds - LeftSeconds);
        await using var client = await ImageClients.CreateAsync(run, name, new RegistryAccess(host.Name));
        await client.LogInAsync(Writer, Cancelled);

        var pushed = await client.PushAsync(run.NewRepository(name), "1", [NewImage()], Cancelled);

        await host.Http.PullWholeAsync(pushed.Repository, "1", Cancelled);
        var later = (await host.ReadLogAsync(Cancelled)).SkipWhile(line => line != Mark).ToArray();
        Assert.Contains(later, line => line.Contains("Request starting", StringComparison.Ordinal) && line.Contains("/v2/_auth", StringComparison.Ordinal));
    }

    /// <summary>
    /// The registry alone takes the token for ended, as when its clock is put right or its keys are lost. The .NET SDK gets another for whatever was refused. (containerd and oras do so for some requests and not for others, so that they
    /// finish or do not by what they had begun.)
    /// </summary>
    [Fact]
    public async Task A_push_whose_token_the_registry_takes_no_longer_is_finished_by_the_dotnet_sdk()
    {
        await using var host = await StartAsync(0, 0, 2 * LifetimeSeconds);
        await using var client = await ImageClients.CreateAsync(run, ImageClients.DotNetSdk, new RegistryAccess(host.Name));
        await client.LogInAsync(Writer, Cancelled);

        var pushed = await client.PushAsync(run.NewRepository(ImageClients.DotNetSdk), "1", [NewImage()], Cancelled);

        await host.Http.PullWholeAsync(pushed.Repository, "1", Cancelled);
        Assert.Contains(Mark, await host.ReadLogAsync(Cancelled));
    }

    /// <summary>These give up with the upload, and nothing is broken by it.</summary>
    [Theory]
    [InlineData(ImageClients.Docker)]
    [InlineData(ImageClients.Podman)]
    [InlineData(ImageClients.Skopeo)]
    public async Task A_push_whose_token_the_registry_takes_no_longer_has_to_be_started_again_with(string name)
    {
        await using var host = await StartAsync(0, 0, 2 * LifetimeSeconds);
        await using var client = await ImageClients.CreateAsync(run, name, new RegistryAccess(host.Name));
        await client.LogInAsync(Writer, Cancelled);
        var repository = run.NewRepository(name);
        var recipe = NewImage();

        await Refusal.OfAsync(() => client.PushAsync(repository, "1", [recipe], Cancelled));
        await client.PushAsync(repository, "1", [recipe], Cancelled);

        await host.Http.PullWholeAsync(repository, "1", Cancelled);
    }

    /// <summary>More layers than any client pushes at once.</summary>
    private static ImageRecipe NewImage() => ImageRecipe.Create().WithLargeLayers(5, 100_000);

    private async Task<RegistryHost> StartAsync(int clockSeconds, int pauseSeconds, int stepSeconds)
    {
        var host = await run.StartAsync(
            HostOptions.Sample(
                "SignInHost",
                [
                    "--Registry:Data={data}", $"--Users:{Writer.UserName}={Writer.Password}",
                    "--Grants:0:To=authenticated", "--Grants:0:On=*/*", "--Grants:0:Actions=*", "--Feeds:(default):Enabled=true",
                    $"--SignIn:AccessTokenLifetime={TimeSpan.FromSeconds(LifetimeSeconds)}",
                    string.Create(CultureInfo.InvariantCulture, $"--Test:ClockSeconds={clockSeconds}"),
                    string.Create(CultureInfo.InvariantCulture, $"--Test:PauseSeconds={pauseSeconds}"),
                    string.Create(CultureInfo.InvariantCulture, $"--Test:StepSeconds={stepSeconds}"),
                ]),
            "token-end",
            Cancelled);
        host.Http.Client.DefaultRequestHeaders.Authorization = Proxies.SignInSite.BasicHeader(Writer);
        return host;
    }
}
