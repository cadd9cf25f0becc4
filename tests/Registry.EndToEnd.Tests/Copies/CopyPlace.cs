using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Stores;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Copies;

/// <summary>A store that a registry is copied from or to.</summary>
/// <param name="Name">What <c>samples/Copy</c> calls it.</param>
/// <param name="Host">A host on it.</param>
/// <param name="Environment">Where its server is, and who may use it.</param>
internal sealed record CopyPlace(string Name, HostOptions Host, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>The folder, where it is one.</summary>
    public string Folder => Name["folder:".Length..];

    public static CopyPlace NewFolder(TestRun run)
    {
        var folder = Path.Combine(run.Temp.NewDirectory("store"), "data");
        return new CopyPlace($"folder:{folder}", HostOptions.Sample("Minimal", [$"--Registry:Data={folder}"]), new Dictionary<string, string>());
    }

    /// <summary>A bucket of the tests' Ceph; skips the test where there is none.</summary>
    public static async Task<CopyPlace> NewBucketAsync(TestRun run, CancellationToken cancellationToken)
    {
        var server = await ObjectStore.SharedAsync(run, ObjectStore.S3);
        var host = await server.NewPlaceAsync(cancellationToken);
        return new CopyPlace($"s3:{host.Setting("S3:Bucket")}", host, host.Environment.Where(variable => variable.Key.StartsWith("AWS_", StringComparison.Ordinal)).ToDictionary())
            .At(server.Address);
    }

    /// <summary>The same store with another way for the copy to its server.</summary>
    public CopyPlace At(Uri server) => this with
    {
        Environment = new Dictionary<string, string>(Environment) { ["S3__ServiceUrl"] = server.AbsoluteUri, ["S3__ForcePathStyle"] = "true" },
    };

    /// <summary>Runs <c>samples/Copy</c> from here to there, to its end.</summary>
    public Task<CommandResult> CopyAsync(CopyPlace target, TestRun run, CancellationToken cancellationToken)
    {
        var (program, arguments, environment) = Command(target);
        return TestServers.Processes.Command.TryRunAsync(program, arguments, environment, run.Temp.NewDirectory("copy"), null, cancellationToken);
    }

    /// <summary>Starts <c>samples/Copy</c> from here to there, so that it can be killed.</summary>
    public Task<Daemon> StartCopyAsync(CopyPlace target, TestRun run, CancellationToken cancellationToken)
    {
        var (program, arguments, environment) = Command(target);
        var directory = run.Temp.NewDirectory("copy");
        return Daemon.StartAsync("copy", program, arguments, environment, directory, Path.Combine(directory, "copy.log"), cancellationToken);
    }

    private (string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment) Command(CopyPlace target)
    {
        var program = HostOptions.ProgramOf("Copy");
        var environment = ProcessEnvironment.Inherited();
        foreach (var (name, value) in Environment.Concat(target.Environment))
        {
            environment[name] = value;
        }

        return (program[0], [program[1], "--from", Name, "--to", target.Name], environment);
    }
}
