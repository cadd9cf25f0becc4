namespace Registry.EndToEnd.Tests.Processes;

/// <summary>
/// Finds the clients. Debian's own come first, wherever else on the machine there are others: these are the versions
/// that the tests know. Newer ones, that <c>test.sh</c> unpacks without installing, are asked for as such.
/// </summary>
public static class Tool
{
    private const string Advice = "run ./test.sh as root on Debian 12, which sets everything up (see docs/testing.md)";

    private static readonly string[] SystemDirectories = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

    /// <summary>Where <c>test.sh</c> unpacked newer packages: <c>REGISTRY_E2E_TOOLS</c>, or its default.</summary>
    public static string UnpackedDirectory { get; } =
        Environment.GetEnvironmentVariable("REGISTRY_E2E_TOOLS") is { Length: > 0 } given
            ? given
            : Path.Combine(
                Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
                    ? cache
                    : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
                "registry-tests",
                "tools");

    /// <summary>The path of an installed program; skips the test when there is none.</summary>
    public static string Require(string name) => Find(name) ?? Missing(name);

    /// <summary>The path of a program that <c>test.sh</c> unpacks, or that is on the PATH; skips the test when there is none.</summary>
    public static string RequireUnpacked(string name) =>
        FindIn(UnpackedDirectories, name) ?? Find(name) ?? Missing(name);

    /// <summary>The path of a program of which only the newer version will do; skips the test when there is none.</summary>
    public static string RequireNewer(string relativePath)
    {
        var path = Path.Combine(UnpackedDirectory, relativePath);
        return File.Exists(path) ? path : Missing(path);
    }

    /// <summary>Container engines need root; skips the test for anybody else.</summary>
    public static void RequireRoot()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("container engines need root");
        }
    }

    private static IEnumerable<string> UnpackedDirectories =>
        SystemDirectories.Select(directory => UnpackedDirectory + directory);

    private static string? Find(string name) =>
        FindIn(SystemDirectories.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)), name);

    private static string? FindIn(IEnumerable<string> directories, string name) =>
        directories.Where(directory => directory.Length > 0).Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    private static string Missing(string name)
    {
        Assert.Skip($"{name} is not installed: {Advice}");
        return "";
    }
}
