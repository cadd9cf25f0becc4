using System.IO.Compression;
using System.Xml.Linq;

namespace Registry.AspNetCore.Tests.Packaging;

/// <summary>What somebody gets who adds a package.</summary>
public sealed class PackageTests(PackedLibraries libraries) : IClassFixture<PackedLibraries>
{
    // Whatever a package brings along is a promise to everybody who uses it.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Registry.Core"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
            "System.IO.Abstractions",
        ],
        ["Registry.AspNetCore"] = ["Registry.Core", "System.IO.Abstractions"],
        ["Registry.Authentication.Ldap"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
            "Registry.AspNetCore", "System.IO.Abstractions",
        ],
        ["Registry.Storage.Azure"] =
        [
            "Azure.Core", "Azure.Storage.Blobs", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions",
            "Microsoft.Extensions.Options", "Registry.Core", "System.IO.Abstractions",
        ],
        ["Registry.Storage.S3"] =
        [
            "AWSSDK.S3", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
            "Registry.Core", "System.IO.Abstractions",
        ],
        ["Registry.Storage.Testing"] =
        [
            "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options",
            "Registry.Core", "System.IO.Abstractions", "xunit.v3.assert", "xunit.v3.extensibility.core",
        ],
    };

    public static TheoryData<string> Libraries => new(PackedLibraries.Names);

    [Theory]
    [MemberData(nameof(Libraries))]
    public async Task A_package_has_the_library_its_documentation_a_readme_and_a_licence(string name)
    {
        await using ZipArchive package = await OpenAsync(name, "nupkg");
        string[] files = [.. package.Entries.Select(static entry => entry.FullName)];

        Assert.Equal([$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"], files.Where(static file => file.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.True(package.GetEntry("README.md") is { Length: > 0 });
        Assert.NotEmpty(XDocument.Load(await package.GetEntry($"lib/net10.0/{name}.xml")!.OpenAsync(TestContext.Current.CancellationToken)).Descendants("member"));
        XElement metadata = await MetadataAsync(package);
        Assert.Equal(name, Value(metadata, "id"));
        Assert.Equal("README.md", Value(metadata, "readme"));
        Assert.Equal("MIT", Value(metadata, "license"));
        Assert.Equal("expression", Child(metadata, "license")!.Attribute("type")?.Value);
        Assert.NotEqual("", Value(metadata, "description"));
        Assert.NotEqual("Package Description", Value(metadata, "description"));
        Assert.Contains("docker", Value(metadata, "tags"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public async Task A_package_has_symbols(string name)
    {
        await using ZipArchive symbols = await OpenAsync(name, "snupkg");

        Assert.True(symbols.GetEntry($"lib/net10.0/{name}.pdb") is { Length: > 0 });
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public async Task A_package_brings_along_what_was_agreed_and_nothing_else(string name)
    {
        Assert.True(Allowed.TryGetValue(name, out string[]? allowed), $"Nothing was agreed of what {name} may bring along.");
        await using ZipArchive package = await OpenAsync(name, "nupkg");

        XElement group = Assert.Single(Child(await MetadataAsync(package), "dependencies")!.Elements());

        Assert.Equal("net10.0", group.Attribute("targetFramework")?.Value);
        Assert.Equal(allowed, group.Elements().Select(static dependency => dependency.Attribute("id")!.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Only_the_web_library_needs_the_web_framework()
    {
        foreach (string name in PackedLibraries.Names)
        {
            await using ZipArchive package = await OpenAsync(name, "nupkg");
            string[] frameworks = [.. (Child(await MetadataAsync(package), "frameworkReferences")?.Descendants() ?? [])
                .Where(static element => element.Name.LocalName == "frameworkReference")
                .Select(static element => element.Attribute("name")!.Value)];

            Assert.Equal(name == "Registry.AspNetCore" ? ["Microsoft.AspNetCore.App"] : [], frameworks);
        }
    }

    private async Task<ZipArchive> OpenAsync(string name, string extension)
    {
        Assert.SkipWhen(libraries.Missing is not null, libraries.Missing ?? "");
        string file = Assert.Single(Directory.EnumerateFiles(libraries.Folder, $"{name}.*.{extension}"), path => Path.GetFileName(path)[name.Length + 1] is >= '0' and <= '9');
        return await ZipFile.OpenReadAsync(file, TestContext.Current.CancellationToken);
    }

    private static async Task<XElement> MetadataAsync(ZipArchive package)
    {
        ZipArchiveEntry specification = Assert.Single(package.Entries, static entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal));
        await using Stream stream = await specification.OpenAsync(TestContext.Current.CancellationToken);
        return Assert.Single(XDocument.Load(stream).Root!.Elements());
    }

    private static XElement? Child(XElement parent, string name) => parent.Elements().FirstOrDefault(element => element.Name.LocalName == name);

    private static string Value(XElement parent, string name) => Child(parent, name)?.Value ?? "";
}
