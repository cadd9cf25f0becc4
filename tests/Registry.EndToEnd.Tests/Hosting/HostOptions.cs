using System.Globalization;
using System.Reflection;

namespace Registry.EndToEnd.Tests.Hosting;

/// <summary>
/// Which registry the tests run against, from the environment:
/// <list type="bullet">
/// <item><c>REGISTRY_E2E_URL</c>: one that already runs, as <c>http://127.0.0.1:5000</c>. Tests that must kill it skip.</item>
/// <item><c>REGISTRY_E2E_COMMAND</c>: a command that starts one; <c>{port}</c> and <c>{data}</c> are filled in.</item>
/// <item>neither: the sample host <c>samples/Minimal</c>, as built with the tests.</item>
/// </list>
/// </summary>
internal sealed record HostOptions(Uri? Running, IReadOnlyList<string> Template)
{
    public static HostOptions FromEnvironment()
    {
        if (Environment.GetEnvironmentVariable("REGISTRY_E2E_URL") is { Length: > 0 } url)
        {
            return new HostOptions(new Uri(url), []);
        }

        if (Environment.GetEnvironmentVariable("REGISTRY_E2E_COMMAND") is { Length: > 0 } command)
        {
            return new HostOptions(null, command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        var sample = typeof(HostOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "SampleHost").Value!;
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        return new HostOptions(
            null,
            [
                dotnet, sample, "--urls", "http://127.0.0.1:{port}", "--Registry:Data={data}",
                // One line for each request and one for its answer, for the messages of failing tests.
                "--Logging:LogLevel:Microsoft.AspNetCore=Warning", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Information",
            ]);
    }

    public IReadOnlyList<string> CommandFor(int port, string data) =>
        [.. Template.Select(part => part
            .Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{data}", data, StringComparison.Ordinal))];
}
