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
}
