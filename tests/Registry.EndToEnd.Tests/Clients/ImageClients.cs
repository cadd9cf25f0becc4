using Registry.EndToEnd.Tests.Hosting;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>The clients that every image test goes through.</summary>
public static class ImageClients
{
    public const string Docker = "docker";
    public const string Podman = "podman";
    public const string Skopeo = "skopeo";
    public const string Containerd = "containerd";
    public const string Oras = "oras";
    public const string DotNetSdk = "dotnet";

    public static readonly IReadOnlyList<string> All = [Docker, Podman, Skopeo, Containerd, Oras, DotNetSdk];

    public static async Task<IImageClient> GetAsync(TestRun run, string name) => name switch
    {
        Docker => await DockerClient.SharedAsync(run),
        Podman => await PodmanClient.SharedAsync(run),
        Skopeo => await SkopeoClient.SharedAsync(run),
        Containerd => await ContainerdClient.SharedAsync(run),
        Oras => await OrasClient.SharedAsync(run),
        DotNetSdk => await DotNetSdkClient.SharedAsync(run),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a client"),
    };

    /// <summary>The client, pushing to another registry than the one that most tests share, named by host and port.</summary>
    public static async Task<IImageClient> GetAsync(TestRun run, string name, string registry) =>
        ((IRegistryClient)await GetAsync(run, name)).At(registry);

    /// <summary>A client for one test alone, with settings of its own, which logs in and out without others noticing.</summary>
    public static async Task<ILoginClient> CreateAsync(TestRun run, string name, RegistryAccess access) => name switch
    {
        Docker => await DockerClient.CreateAsync(run, access),
        Podman => PodmanClient.Create(run, access),
        Skopeo => SkopeoClient.Create(run, access),
        Containerd => await ContainerdClient.StartAsync(run, access),
        Oras => OrasClient.Create(run, access),
        DotNetSdk => await DotNetSdkClient.CreateAsync(run, access),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a client"),
    };
}
