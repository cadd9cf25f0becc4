using System.Security.Cryptography;
using System.Text;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Processes;

namespace Registry.EndToEnd.Tests.Images;

/// <summary>One file of an image: its path without a leading slash, its content, whether it can be run.</summary>
public sealed record ImageFile(string Path, byte[] Content, bool Executable = false);

/// <summary>
/// What an image holds, before any client made an image of it. Every layer of every recipe is unlike all others, so that
/// nothing is there already, neither in the registry nor in a client's cache, and bytes really travel.
/// </summary>
public sealed record ImageRecipe(string Architecture, IReadOnlyList<IReadOnlyList<ImageFile>> Layers)
{
    /// <summary>What the image prints when it is run.</summary>
    public string Greeting { get; private init; } = "";

    public static readonly IReadOnlyList<string> Command = ["/bin/busybox", "cat", "/etc/greeting"];

    /// <summary>Path to SHA-256 of everything in the image.</summary>
    public IReadOnlyDictionary<string, string> Files =>
        Layers.SelectMany(layer => layer).ToDictionary(file => file.Path, file => RegistryHttp.Sha256(file.Content));

    /// <summary>An image that runs (busybox), with a small text, an empty file and some bytes that do not compress.</summary>
    public static ImageRecipe Create(string architecture = "amd64")
    {
        var unique = RandomNumberGenerator.GetHexString(16, lowercase: true);
        var greeting = $"hello from {unique}\n";
        return new ImageRecipe(
            architecture,
            [
                [new("bin/busybox", Busybox(), Executable: true), new("etc/unique", Encoding.UTF8.GetBytes(unique))],
                [new("etc/greeting", Encoding.UTF8.GetBytes(greeting)), new("etc/empty", []), new("data/random.bin", RandomNumberGenerator.GetBytes(200_000))],
                [new($"data/{unique}/last", Encoding.UTF8.GetBytes(unique))],
            ])
        {
            Greeting = greeting,
        };
    }

    /// <summary>The same with further layers of one file each, whose bytes do not compress.</summary>
    public ImageRecipe WithLargeLayers(int count, int bytes) => this with
    {
        Layers = [.. Layers, .. Enumerable.Range(0, count).Select(i => (IReadOnlyList<ImageFile>)[new($"data/large{i}", RandomNumberGenerator.GetBytes(bytes))])],
    };

    /// <summary>Writes what <c>docker build</c> takes: the files and a Dockerfile with one instruction for each layer.</summary>
    public void WriteBuildContext(string directory)
    {
        var dockerfile = new StringBuilder("FROM scratch\n");
        for (var i = 0; i < Layers.Count; i++)
        {
            foreach (var file in Layers[i])
            {
                var path = Path.Combine(directory, $"layer{i}", file.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, file.Content);
                File.SetUnixFileMode(path, Mode(file));
            }

            dockerfile.Append($"COPY layer{i}/ /\n");
        }

        var command = string.Join(", ", Command.Select(word => $"\"{word}\""));
        dockerfile.Append($"CMD [{command}]\n");
        File.WriteAllText(Path.Combine(directory, "Dockerfile"), dockerfile.ToString());
    }

    internal static UnixFileMode Mode(ImageFile file) =>
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead
        | (file.Executable ? UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : 0);

    private static byte[] Busybox() => File.ReadAllBytes(Tool.Require("busybox"));
}
