using System.Globalization;
using Registry.TestServers.Processes;

namespace Registry.TestServers.Networks;

/// <summary>
/// A network of its own (Linux network and mount namespaces) with addresses that are not 127.0.0.0/8, and names for them. Docker leaves certificates of 127.0.0.0/8 unchecked, so only
/// here do clients treat a registry as one on another machine; and here every port is free, 443 too. It has a view of <c>/etc</c> of its own, with the machine's
/// files except for <c>/etc/hosts</c>, <c>/etc/docker</c> and <c>/etc/containers</c>. All of it goes with the last process in it. Needs root.
/// </summary>
public sealed class PrivateNetwork : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private static readonly string[] OwnEntries = ["hosts", "docker", "containers"];

    /// <summary>Arguments: the folder, the addresses. /etc is put together from links into the machine's, so that nothing of it is copied.</summary>
    private const string Script = """
        set -e
        ip link set lo up
        folder=$1; shift
        for address; do ip address add "$address/32" dev lo; done
        mount --bind /etc "$folder/machine-etc"
        mount --bind "$folder/etc" /etc
        : >"$folder/ready"
        exec sleep infinity
        """;

    private readonly Daemon holder;
    private readonly string nsenter;
    private readonly string etc;

    private PrivateNetwork(Daemon holder, string nsenter, string etc)
    {
        this.holder = holder;
        this.nsenter = nsenter;
        this.etc = etc;
    }

    /// <summary>A name for it that no other on this machine has at the same time.</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"network-{holder.ProcessId}");

    /// <summary>Makes it.</summary>
    /// <param name="unshare">The path of <c>unshare</c>.</param>
    /// <param name="nsenter">The path of <c>nsenter</c>.</param>
    /// <param name="folder">An empty folder for its <c>/etc</c>. The caller removes it.</param>
    /// <param name="names">Names, and the address of each. Several may have the same.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<PrivateNetwork> StartAsync(string unshare, string nsenter, string folder, IReadOnlyDictionary<string, string> names, CancellationToken cancellationToken)
    {
        string machine = Directory.CreateDirectory(Path.Combine(folder, "machine-etc")).FullName;
        string etc = Directory.CreateDirectory(Path.Combine(folder, "etc")).FullName;
        foreach (string entry in Directory.EnumerateFileSystemEntries("/etc").Select(Path.GetFileName).Except(OwnEntries)!)
        {
            File.CreateSymbolicLink(Path.Combine(etc, entry), Path.Combine(machine, entry));
        }

        await File.WriteAllTextAsync(Path.Combine(etc, "hosts"), $"127.0.0.1 localhost\n{string.Concat(names.Select(name => $"{name.Value} {name.Key}\n"))}", cancellationToken);
        Directory.CreateDirectory(Path.Combine(etc, "docker"));
        Directory.CreateDirectory(Path.Combine(etc, "containers"));
        // Of the machine's settings for podman and skopeo only what they refuse to work without.
        await File.WriteAllTextAsync(Path.Combine(etc, "containers", "policy.json"), """{"default": [{"type": "insecureAcceptAnything"}]}""", cancellationToken);

        Daemon holder = await Daemon.StartAsync(
            "network", unshare, ["--net", "--mount", "/bin/sh", "-c", Script, "network", folder, .. names.Values.Distinct()],
            ProcessEnvironment.Inherited(), folder, Path.Combine(folder, "network.log"), cancellationToken);
        try
        {
            await Eventually.HoldsAsync(
                _ => holder.HasExited
                    ? throw new CommandFailedException($"The private network could not be made:\n{holder.LogTail()}")
                    : Task.FromResult(File.Exists(Path.Combine(folder, "ready"))),
                StartLimit, () => $"the private network is not there\n{holder.LogTail()}", cancellationToken);
            return new PrivateNetwork(holder, nsenter, etc);
        }
        catch
        {
            await holder.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Has Docker engines, podman, skopeo and buildah in it trust a certificate authority for one registry, as these are told on a real machine: by
    /// <c>/etc/docker/certs.d/host:port/ca.crt</c> and <c>/etc/containers/certs.d/host:port/ca.crt</c>.
    /// </summary>
    public void Trust(string registry, string authorityFile)
    {
        foreach (string client in (string[])["docker", "containers"])
        {
            string folder = Directory.CreateDirectory(Path.Combine(etc, client, "certs.d", registry)).FullName;
            File.Copy(authorityFile, Path.Combine(folder, "ca.crt"), overwrite: true);
        }
    }

    /// <summary>The command that runs a program in it: as the same process, with the same environment.</summary>
    public IReadOnlyList<string> Enter(string workingDirectory, string program, IReadOnlyList<string> arguments) =>
    [
        nsenter, string.Create(CultureInfo.InvariantCulture, $"--target={holder.ProcessId}"), "--net", "--mount", $"--wd={workingDirectory}", "--", program, .. arguments,
    ];

    public async ValueTask DisposeAsync()
    {
        await holder.KillAsync(CancellationToken.None);
        await holder.DisposeAsync();
    }
}
