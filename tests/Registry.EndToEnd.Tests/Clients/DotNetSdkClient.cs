using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>
/// The .NET SDK's container publishing. It pushes an app as a layer on top of a base image of the same registry, and
/// pulls a base image when it publishes into an archive instead.
/// </summary>
public sealed class DotNetSdkClient : IRegistryClient, ILoginClient
{
    private readonly SkopeoClient _skopeo;
    private readonly RegistryAccess _access;
    private readonly string _dotnet;
    private readonly string _app;
    private readonly SemaphoreSlim _oneBuild;
    private readonly bool _ownsApp;
    private Login? _login;
    private Login? _baseLogin;

    private DotNetSdkClient(SkopeoClient skopeo, ClientShell shell, RegistryAccess access, string dotnet, string app, SemaphoreSlim oneBuild, bool ownsApp = false)
    {
        Shell = shell;
        _skopeo = skopeo;
        _access = access;
        _dotnet = dotnet;
        _app = app;
        _oneBuild = oneBuild;
        _ownsApp = ownsApp;
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
        var client = new DotNetSdkClient(await SkopeoClient.SharedAsync(run), shell, new RegistryAccess(run.Registry.Name), dotnet, WriteApp(shell), new SemaphoreSlim(1), ownsApp: true);
        await client.BuildAsync(CancellationToken.None);
        return client;
    });

    public DotNetSdkClient At(string registry) => new(_skopeo.At(registry), Shell, _access with { Name = registry }, _dotnet, _app, _oneBuild);

    /// <summary>One with settings (a log-in) of its own, which publishes the same app.</summary>
    public static async Task<DotNetSdkClient> CreateAsync(TestRun run, RegistryAccess access)
    {
        var shared = await SharedAsync(run);
        var shell = run.NewShell("dotnet", access.Network);
        foreach (var (name, value) in shared.Shell.Environment)
        {
            shell.Environment[name] = value;
        }

        shell.Environment["DOCKER_CONFIG"] = shell.NewDirectory("config");
        if (access.AuthorityFile is { } authority)
        {
            shell.Environment["SSL_CERT_FILE"] = authority;
        }

        return new DotNetSdkClient(SkopeoClient.Create(run, access), shell, access, shared._dotnet, shared._app, shared._oneBuild);
    }

    /// <summary>By environment variables, as a build server has them.</summary>
    public Task LogInAsync(Login login, CancellationToken cancellationToken)
    {
        _login = _baseLogin = login;
        return Task.CompletedTask;
    }

    /// <summary>Has the base image that it pushes on pushed by a user, and stays without a log-in itself.</summary>
    public void PushBaseAs(Login login) => _baseLogin = login;

    /// <summary>By the file that <c>docker login</c> leaves, as a person has it.</summary>
    public async Task LogInByFileAsync(Login login, CancellationToken cancellationToken)
    {
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.UserName}:{login.Password}"));
        await File.WriteAllTextAsync(
            Path.Combine(Shell.Environment["DOCKER_CONFIG"], "config.json"),
            $$"""{"auths": {"{{_access.Name}}": {"auth": "{{credentials}}"} } }""",
            cancellationToken);
        _baseLogin = login;
    }

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
        if (_baseLogin is not null)
        {
            await _skopeo.LogInAsync(_baseLogin, cancellationToken);
        }

        var baseImage = await _skopeo.PushAsync($"{repository}-base", tag, recipes, cancellationToken);
        await PublishAsync(
            [
                $"-p:ContainerRegistry={_access.Name}",
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
        return new PushedImage($"{_access.Name}/{repository}:{tag}", repository, null, files);
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
        if (_ownsApp)
        {
            _oneBuild.Dispose();
        }

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
            };
            if (!_access.Tls)
            {
                variables["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = _access.Name;
            }

            if (_login is not null)
            {
                // The second pair counts for a base image when the result goes elsewhere than where that comes from.
                foreach (var use in (string[])["DOTNET_CONTAINER_REGISTRY", "DOTNET_CONTAINER_PULL_REGISTRY"])
                {
                    variables[$"{use}_UNAME"] = _login.UserName;
                    variables[$"{use}_PWORD"] = _login.Password;
                }
            }

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
