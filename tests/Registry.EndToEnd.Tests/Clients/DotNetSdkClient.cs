using System.Globalization;
using System.Security.Cryptography;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>
/// The .NET SDK's container publishing. It pushes an app as a layer on top of a base image of the same registry, and
/// pulls a base image when it publishes into an archive instead.
/// </summary>
public sealed class DotNetSdkClient : IRegistryClient
{
    private readonly SkopeoClient _skopeo;
    private readonly string _registry;
    private readonly string _dotnet;
    private readonly string _app;
    private readonly SemaphoreSlim _oneBuild;

    private DotNetSdkClient(SkopeoClient skopeo, ClientShell shell, string registry, string dotnet, string app, SemaphoreSlim oneBuild)
    {
        Shell = shell;
        _skopeo = skopeo;
        _registry = registry;
        _dotnet = dotnet;
        _app = app;
        _oneBuild = oneBuild;
    }

    public ClientShell Shell { get; }

    public static Task<DotNetSdkClient> SharedAsync(TestRun run) => run.SharedAsync("dotnet", async () =>
    {
        var dotnet = Tool.Require("dotnet");
        var shell = run.NewShell("dotnet");
        shell.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        shell.Environment["DOTNET_NOLOGO"] = "1";
        // Build servers would outlive the test run.
        shell.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        shell.Environment["UseSharedCompilation"] = "false";
        var client = new DotNetSdkClient(await SkopeoClient.SharedAsync(run), shell, run.Registry.Name, dotnet, WriteApp(shell), new SemaphoreSlim(1));
        await client.BuildAsync(CancellationToken.None);
        return client;
    });

    public DotNetSdkClient At(string registry) => new(_skopeo.At(registry), Shell, registry, _dotnet, _app, _oneBuild);

    IImageClient IRegistryClient.At(string registry) => At(registry);

    /// <summary>Environment variables that make the SDK upload in chunks.</summary>
    public static IReadOnlyDictionary<string, string> Chunks(int bytes) => new Dictionary<string, string>
    {
        ["DOTNET_CONTAINER_DEBUG_REGISTRY_FORCE_CHUNKED_UPLOAD"] = "true",
        ["DOTNET_CONTAINER_REGISTRY_CHUNKED_UPLOAD_SIZE_BYTES"] = bytes.ToString(CultureInfo.InvariantCulture),
    };

    public Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken) =>
        PushAsync(repository, tag, recipes, new Dictionary<string, string>(), cancellationToken);

    /// <summary>Publishes with further environment variables, which choose how the SDK uploads.</summary>
    public async Task<PushedImage> PushAsync(
        string repository, string tag, IReadOnlyList<ImageRecipe> recipes, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var baseImage = await _skopeo.PushAsync($"{repository}-base", tag, recipes, cancellationToken);
        await PublishAsync(
            [
                $"-p:ContainerRegistry={_registry}",
                $"-p:ContainerBaseImage={baseImage.Reference}",
                $"-p:ContainerRepository={repository}",
                $"-p:ContainerImageTag={tag}",
                .. recipes.Count == 1
                    ? (IEnumerable<string>)["-r", Runtime(recipes[0].Architecture)]
                    : [$"-p:ContainerRuntimeIdentifiers=\"{string.Join(';', recipes.Select(recipe => Runtime(recipe.Architecture)))}\""],
            ],
            environment,
            cancellationToken);

        var files = recipes.ToDictionary(
            recipe => recipe.Architecture,
            recipe => (IReadOnlyDictionary<string, string>)recipe.Files.Concat(AppFiles(recipe.Architecture)).ToDictionary());
        return new PushedImage($"{_registry}/{repository}:{tag}", repository, null, files);
    }

    public async Task<ImageContent> PullAsync(string reference, string architecture, CancellationToken cancellationToken)
    {
        var archive = Shell.NewPath("published") + ".tar";
        await PublishAsync(
            [
                $"-p:ContainerArchiveOutputPath={archive}",
                $"-p:ContainerBaseImage={reference}",
                "-p:ContainerRepository=pulled",
                "-p:ContainerWorkingDirectory=/on-top",
                "-r", Runtime(architecture),
            ],
            new Dictionary<string, string>(),
            cancellationToken);

        // What it pulled is everything but the layer that it put on top.
        var content = await ImageReader.ReadArchiveAsync(archive, archive + ".d", architecture, cancellationToken);
        return new ImageContent(
            [],
            [.. content.DiffIds.SkipLast(1)],
            content.Files.Where(file => !file.Key.StartsWith("on-top/", StringComparison.Ordinal)).ToDictionary());
    }

    public ValueTask DisposeAsync()
    {
        _oneBuild.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Runtime(string architecture) => architecture == "amd64" ? "linux-x64" : $"linux-{architecture}";

    private static string WriteApp(ClientShell shell)
    {
        var app = shell.NewDirectory("app");
        File.WriteAllText(
            Path.Combine(app, "app.csproj"),
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <RuntimeIdentifiers>linux-x64;linux-arm64</RuntimeIdentifiers>
                <SelfContained>false</SelfContained>
                <UseAppHost>false</UseAppHost>
                <EnableAppHostPackDownload>false</EnableAppHostPackDownload>
                <EnableRuntimePackDownload>false</EnableRuntimePackDownload>
                <EnableSdkContainerSupport>true</EnableSdkContainerSupport>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <Content Include="random.bin" CopyToPublishDirectory="PreserveNewest" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(app, "Program.cs"), "System.Console.WriteLine(\"hello\");");
        // Enough that does not compress for an upload in several chunks.
        File.WriteAllBytes(Path.Combine(app, "random.bin"), RandomNumberGenerator.GetBytes(2_500_000));
        return app;
    }

    private async Task BuildAsync(CancellationToken cancellationToken)
    {
        // Publishing for several runtimes at once also wants what is built for none.
        foreach (var runtime in (string[][])[[], ["-r", "linux-x64"], ["-r", "linux-arm64"]])
        {
            await Shell.RunAsync(_dotnet, ["publish", _app, .. runtime], cancellationToken);
        }
    }

    private async Task PublishAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        await _oneBuild.WaitAsync(cancellationToken);
        try
        {
            // The SDK keeps blobs that it has seen among its temporary files.
            var variables = new Dictionary<string, string>(environment)
            {
                ["TMPDIR"] = Shell.NewDirectory("tmp"),
                ["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = _registry,
            };
            await Shell.RunWithAsync(variables, _dotnet, ["publish", _app, "-t:PublishContainer", "--no-build", .. arguments], cancellationToken);
        }
        finally
        {
            _oneBuild.Release();
        }
    }

    private IEnumerable<KeyValuePair<string, string>> AppFiles(string architecture)
    {
        var published = Path.Combine(_app, "bin", "Release", "net10.0", Runtime(architecture), "publish");
        return Directory.EnumerateFiles(published).Select(file =>
            KeyValuePair.Create($"app/{Path.GetFileName(file)}", RegistryHttp.Sha256(File.ReadAllBytes(file))));
    }
}
