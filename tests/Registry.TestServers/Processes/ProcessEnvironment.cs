using System.Collections;

namespace Registry.TestServers.Processes;

/// <summary>The environment variables that child processes get: no settings of the person or build that runs the tests.</summary>
public static class ProcessEnvironment
{
    private static readonly string[] Kept =
    [
        "PATH", "LANG", "HOME", "USER", "LOGNAME", "TMPDIR", "DOTNET_ROOT", "DOTNET_HOST_PATH", "NUGET_PACKAGES",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "DOTNET_CLI_TELEMETRY_OPTOUT", "DOTNET_NOLOGO",
    ];

    /// <summary>Only what programs need to run at all.</summary>
    public static Dictionary<string, string> Inherited() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(entry => Kept.Contains((string)entry.Key))
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);

    /// <summary>The same for a client: its home and temporary files are below <paramref name="directory"/>.</summary>
    public static Dictionary<string, string> ForClient(string directory)
    {
        var environment = Inherited();
        environment["HOME"] = Directory.CreateDirectory(Path.Combine(directory, "home")).FullName;
        environment["TMPDIR"] = Directory.CreateDirectory(Path.Combine(directory, "tmp")).FullName;
        environment["XDG_RUNTIME_DIR"] = Directory.CreateDirectory(Path.Combine(directory, "run")).FullName;
        environment["LANG"] = "C.UTF-8";
        return environment;
    }
}
