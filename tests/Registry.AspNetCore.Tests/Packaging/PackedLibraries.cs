using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Packaging;

/// <summary>Packs every library once, away from the folders that other builds use.</summary>
public sealed class PackedLibraries : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly TempFolder _folder = new();

    /// <summary>Where the packages are.</summary>
    public string Folder => Path.Combine(_folder.Path, "packages");

    /// <summary>Why there are none, where the machine cannot make any.</summary>
    public string? Missing { get; private set; }

    /// <summary>The libraries, each in a folder of its own name below src.</summary>
    public static string[] Names => [.. Directory.EnumerateDirectories(Path.Combine(SourceTree.Root, "src"))
        .Select(static folder => Path.GetFileName(folder)!)
        .Where(static name => File.Exists(Path.Combine(SourceTree.Root, "src", name, $"{name}.csproj")))
        .Order(StringComparer.Ordinal)];

    public async ValueTask InitializeAsync()
    {
        string filter = Path.Combine(_folder.Path, "libraries.slnf");
        await using (FileStream file = File.Create(filter))
        {
            await using var json = new Utf8JsonWriter(file);
            json.WriteStartObject();
            json.WriteStartObject("solution");
            json.WriteString("path", Path.Combine(SourceTree.Root, "Registry.sln"));
            json.WriteStartArray("projects");
            foreach (string name in Names)
            {
                json.WriteStringValue(Path.Combine("src", name, $"{name}.csproj"));
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        // The compiler checks the code in the ordinary build. No server may stay behind.
        string[] arguments =
        [
            "pack", filter, "-c", "Release", "-o", Folder, "--artifacts-path", Path.Combine(_folder.Path, "artifacts"), "-nodeReuse:false",
            "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false", "-v:quiet", "-nologo",
        ];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.Path };
        foreach (string inherited in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(inherited); // What a test runner inside MSBuild leaves behind.
        }

        Process pack;
        try
        {
            pack = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Missing = "There is no dotnet command to pack with.";
            return;
        }

        using (pack)
        {
            using var limit = new CancellationTokenSource(Limit);
            try
            {
                Task<string> errors = pack.StandardError.ReadToEndAsync(limit.Token);
                string output = await pack.StandardOutput.ReadToEndAsync(limit.Token);
                await pack.WaitForExitAsync(limit.Token);
                Assert.True(pack.ExitCode == 0, $"dotnet pack failed:\n{output}\n{await errors}");
            }
            finally
            {
                if (!pack.HasExited)
                {
                    pack.Kill(entireProcessTree: true);
                }
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
