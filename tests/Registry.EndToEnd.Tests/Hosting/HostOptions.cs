using System.Globalization;
using System.Reflection;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Hosting;

/// <summary>
/// A registry that the tests run against: one that already runs, or a command that starts one, in which <c>{port}</c> and
/// <c>{data}</c> are filled in, with an environment.
/// </summary>
internal sealed record HostOptions
{
    /// <summary>The address of the one that already runs.</summary>
    public Uri? Running { get; private init; }

    /// <summary>The command that starts one.</summary>
    public IReadOnlyList<string> Template { get; private init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; private init; } = ProcessEnvironment.Inherited();

    /// <summary>
    /// What most tests run against, from the environment:
    /// <list type="bullet">
    /// <item><c>REGISTRY_E2E_URL</c>: one that already runs, as <c>http://127.0.0.1:5000</c>. Tests that must kill it skip.</item>
    /// <item><c>REGISTRY_E2E_COMMAND</c>: a command that starts one.</item>
    /// <item>neither: the sample host <c>samples/Minimal</c>, as built with the tests.</item>
    /// </list>
    /// </summary>
    public static HostOptions FromEnvironment()
    {
        if (System.Environment.GetEnvironmentVariable("REGISTRY_E2E_URL") is { Length: > 0 } url)
        {
            return new HostOptions { Running = new Uri(url) };
        }

        if (System.Environment.GetEnvironmentVariable("REGISTRY_E2E_COMMAND") is { Length: > 0 } command)
        {
            return new HostOptions { Template = command.Split(' ', StringSplitOptions.RemoveEmptyEntries) };
        }

        return Sample("Minimal", ["--Registry:Data={data}"]);
    }

    /// <summary>One of the sample hosts, as built with the tests.</summary>
    /// <param name="name">Its folder below <c>samples</c>.</param>
    /// <param name="settings">Settings, as arguments of the command.</param>
    /// <param name="environment">Environment variables, for what does not belong into a command line.</param>
    public static HostOptions Sample(string name, IReadOnlyList<string> settings, params IEnumerable<KeyValuePair<string, string>> environment)
    {
        return new HostOptions
        {
            Template =
            [
                .. ProgramOf(name), "--urls", "http://127.0.0.1:{port}", .. settings,
                // One line for each request and one for its answer, for the messages of failing tests.
                "--Logging:LogLevel:Microsoft.AspNetCore=Warning", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Information",
            ],
            Environment = ProcessEnvironment.Inherited().Concat(environment).ToDictionary(),
        };
    }

    /// <summary>What starts a sample, as built with the tests, without any arguments.</summary>
    public static IReadOnlyList<string> ProgramOf(string name) =>
        [System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet", FileOf(name)];

    /// <summary>Another host with the same settings and environment.</summary>
    public HostOptions As(string name) => this with { Template = [Template[0], FileOf(name), .. Template.Skip(2)] };

    /// <summary>The same host with further settings.</summary>
    public HostOptions With(params IReadOnlyList<string> settings) => this with { Template = [.. Template, .. settings] };

    /// <summary>The value of one of its settings.</summary>
    public string Setting(string name) => Template.Single(part => part.StartsWith($"--{name}=", StringComparison.Ordinal))[(name.Length + 3)..];

    /// <summary>A sample host that also listens on <see cref="RegistryHost.SocketFile"/>, which is reached from private networks too.</summary>
    public HostOptions WithSocket() => With("--urls", "http://127.0.0.1:{port};http://unix:{data}.sock");

    public IReadOnlyList<string> CommandFor(int port, string data) =>
        [.. Template.Select(part => part
            .Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{data}", data, StringComparison.Ordinal))];

    private static string FileOf(string name) =>
        typeof(HostOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == $"Sample:{name}").Value!;
}
