using System.Net.Http.Headers;
using System.Text;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Proxies;

namespace Registry.EndToEnd.Tests.Proxies;

/// <summary>
/// A registry that knows its users itself, behind nginx that only ends TLS. Nothing in it is open to those who have not signed in. It has the feed <c>main</c>, and <c>own</c>, for which
/// a host name stands; the writer (a user of the settings) may do everything, the
/// reader (of a password file) only pull from <c>main</c>.
/// </summary>
internal sealed class SignInSite : IAsyncDisposable
{
    public const string Bearer = "Bearer";
    public const string Basic = "Basic";

    public const string Feed = "main";

    /// <summary>The port that it has besides 443.</summary>
    public const int OddPort = 9443;

    public static readonly Login Writer = new("writer", "correct-horse:battery");
    public static readonly Login Reader = new("reader", "staple-of-the-reader");

    private readonly NginxServer _nginx;

    private SignInSite(ProxyNetwork network, RegistryHost host, NginxServer nginx, string name)
    {
        Network = network;
        Host = host;
        Name = name;
        _nginx = nginx;
    }

    public ProxyNetwork Network { get; }

    public RegistryHost Host { get; }

    /// <summary>Its host name.</summary>
    public string Name { get; }

    /// <summary>The site whose registry asks clients for tokens, or for a password with every request.</summary>
    public static Task<SignInSite> SharedAsync(TestRun run, string challenge) => run.SharedAsync($"sign-in {challenge}", async () =>
    {
        var network = await ProxyNetwork.SharedAsync(run);
        var host = await StartHostAsync(run, [$"--SignIn:Challenge={challenge}", $"--Feeds:own:Hosts:0={ProxyNetwork.FeedName}"]);
        var name = challenge == Bearer ? ProxyNetwork.TokenName : ProxyNetwork.BasicName;
        return new SignInSite(network, host, await network.StartNginxAsync(ProxyDocument.Server, host, name, [443, OddPort], CancellationToken.None), name);
    });

    /// <summary>Such a host, which also listens on a socket.</summary>
    public static async Task<RegistryHost> StartHostAsync(TestRun run, IReadOnlyList<string> settings)
    {
        var host = await run.StartAsync(
            HostOptions.Sample(
                "SignInHost",
                [
                    "--Registry:Data={data}",
                    $"--Users:{Writer.UserName}={Writer.Password}", $"--Htpasswd={await WriteHtpasswdAsync(run, Reader)}",
                    // All wrong passwords of a run come from one address.
                    "--Credentials:FailuresBeforeThrottle=1000", "--Credentials:FailuresBeforeAddressThrottle=10000",
                    $"--Grants:0:To=user:{Writer.UserName}", "--Grants:0:On=*", "--Grants:0:Actions=*",
                    $"--Grants:1:To=user:{Reader.UserName}", $"--Grants:1:On={Feed}/*", "--Grants:1:Actions=Pull",
                    $"--Feeds:{Feed}:Enabled=true", "--Feeds:(default):Enabled=true",
                    .. settings,
                ]).WithSocket(),
            "sign-in-host",
            CancellationToken.None);
        // The tests look at what clients pushed as the writer, who may send a password with every request.
        host.Http.Client.DefaultRequestHeaders.Authorization = BasicHeader(Writer);
        return host;
    }

    public static AuthenticationHeaderValue BasicHeader(Login login) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.UserName}:{login.Password}")));

    /// <summary>A password file with one user, as nginx and the registry read it.</summary>
    public static async Task<string> WriteHtpasswdAsync(TestRun run, Login user)
    {
        var file = Path.Combine(run.Temp.NewDirectory("htpasswd"), "registry.htpasswd");
        await run.NewShell("htpasswd").RunAsync(Tool.Require("htpasswd"), ["-c", "-B", "-b", file, user.UserName, user.Password], CancellationToken.None);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        await _nginx.DisposeAsync();
        await Host.DisposeAsync();
    }
}
