using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Registry.Bench.Http;

namespace Registry.Bench.Servers;

/// <summary>Our own registry with as many feeds and grants as a row wants. Where there are any, each request carries a token that the server's own token service gave out after it started.</summary>
/// <param name="program">The published host of these rows.</param>
/// <param name="name">A short name that can be part of a file name.</param>
internal sealed class SignInServer(string program, string name) : IServer
{
    /// <summary>After a change, the store on disk trusts its memory of a folder again within this time.</summary>
    private static readonly TimeSpan StoreRests = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FillLimit = TimeSpan.FromMinutes(10);

    /// <summary>None for a registry that is open to everybody.</summary>
    public int Feeds { get; init; }

    public int GrantsPerFeed { get; init; } = 5;

    /// <summary>How many repositories each feed has before anything is pushed.</summary>
    public int Repositories { get; init; }

    /// <summary>How many blobs of images there are before anything is pushed.</summary>
    public int GeneratedBlobs { get; init; }

    /// <summary>How many blobs besides that nothing holds, and that go after a second.</summary>
    public int GarbageBlobs { get; init; }

    /// <summary>Whether the server's collector goes through all of it over and over, at the rate that it has by default.</summary>
    public bool Collects { get; init; }

    /// <summary>Whether everything is kept in the server's memory instead of a folder.</summary>
    public bool InMemory { get; init; }

    /// <summary>Whether the server says how often it asked its store for something, which costs a little.</summary>
    public bool CountsOperations { get; init; }

    /// <summary>Whether the server can be asked for the last decision again.</summary>
    public bool RepeatsDecisions { get; init; }

    public string Name => name;

    public string Description =>
        $"{Path.GetFileName(program)} {FileVersionInfo.GetVersionInfo(program + ".dll").ProductVersion} on .NET {Environment.Version}";

    public string Durability => "it flushes each file, then its directory, before it answers";

    public async Task<RunningServer> StartAsync(Setup setup, CancellationToken cancellationToken)
    {
        await FillAsync(setup, cancellationToken);
        var port = ServerProcess.FreePort();
        var process = ServerProcess.Start(program, ["--urls", $"http://127.0.0.1:{port}", .. Arguments(setup)], Path.Combine(setup.Folder, "log"), SetEnvironment);
        var endpoint = ServerEndpoint.Loopback(port);
        var server = await RunningServer.WaitForAsync(process, endpoint, setup, cancellationToken);
        if (Feeds == 0)
        {
            return server;
        }

        try
        {
            return new RunningServer(endpoint.WithBearer(await GetTokenAsync(port, setup.Scopes, cancellationToken)), null, process);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the repositories into a folder that does not have them yet.</summary>
    private async Task FillAsync(Setup setup, CancellationToken cancellationToken)
    {
        var done = Path.Combine(setup.Folder, "filled");
        if (InMemory || (Repositories == 0 && GeneratedBlobs == 0 && GarbageBlobs == 0) || File.Exists(done))
        {
            return;
        }

        await using var process = ServerProcess.Start(program, ["--FillOnly", "true", .. Arguments(setup)], Path.Combine(setup.Folder, "log"), SetEnvironment);
        await process.WaitUntilEndedAsync(FillLimit, cancellationToken);

        // Or the first row would find the store as it is while somebody pushes, which is the next row's matter.
        await Task.Delay(StoreRests, TimeProvider.System, cancellationToken);
        await File.WriteAllTextAsync(done, "", cancellationToken);
    }

    private List<string> Arguments(Setup setup)
    {
        List<string> arguments =
        [
            "--Feeds", Text(Feeds), "--GrantsPerFeed", Text(GrantsPerFeed), "--Repositories", Text(Repositories), "--GeneratedBlobs", Text(GeneratedBlobs), "--GarbageBlobs", Text(GarbageBlobs), "--Collects", Collects ? "true" : "false",
            "--Counts", CountsOperations ? "true" : "false", "--Decisions", RepeatsDecisions ? "true" : "false",
        ];
        if (!InMemory)
        {
            arguments.AddRange("--Data", Path.Combine(setup.Folder, "registry"));
        }

        return arguments;

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static void SetEnvironment(IDictionary<string, string?> environment)
    {
        environment["Logging__LogLevel__Default"] = "Warning";
        environment["ASPNETCORE_ENVIRONMENT"] = "Production";
    }

    /// <summary>Does what an engine does that was told to ask for a token.</summary>
    private static async Task<string> GetTokenAsync(int port, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{SignInNames.User}:{SignInNames.Password}")));
        var query = string.Concat(scopes.Select(static scope => $"&scope={Uri.EscapeDataString(scope)}"));
        using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/v2/_auth?service=127.0.0.1:{port}{query}"), cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new ServerException($"The token service answered {(int)answer.StatusCode}.");
        }

        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        return json.RootElement.GetProperty("token").GetString()!;
    }
}
