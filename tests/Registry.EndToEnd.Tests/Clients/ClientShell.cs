using Registry.TestServers.Networks;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>Where a client's commands run: a folder and an environment of its own, and maybe a network. A command that fails fails the test.</summary>
public sealed class ClientShell(string directory, Func<string> registryLog, PrivateNetwork? network = null)
{
    private int _next;

    public string DirectoryPath { get; } = directory;

    public PrivateNetwork? Network => network;

    public Dictionary<string, string> Environment { get; } = ProcessEnvironment.ForClient(directory);

    /// <summary>A path below the folder that nobody used before.</summary>
    public string NewPath(string name) => Path.Combine(DirectoryPath, $"{name}-{Interlocked.Increment(ref _next)}");

    public string NewDirectory(string name) => Directory.CreateDirectory(NewPath(name)).FullName;

    /// <summary>Runs a command that must succeed.</summary>
    public Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RunInAsync(DirectoryPath, program, arguments, cancellationToken);

    /// <summary>Runs a command that must succeed, in a folder that matters to it.</summary>
    public async Task<CommandResult> RunInAsync(string directory, string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Succeeded(await TryRunAsync(Environment, directory, program, arguments, cancellationToken));

    /// <summary>Runs a command that must succeed, with further environment variables.</summary>
    public async Task<CommandResult> RunWithAsync(
        IReadOnlyDictionary<string, string> environment, string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, string>(Environment);
        foreach (var (name, value) in environment)
        {
            variables[name] = value;
        }

        return Succeeded(await TryRunAsync(variables, DirectoryPath, program, arguments, cancellationToken));
    }

    /// <summary>Runs a command that may fail.</summary>
    public Task<CommandResult> TryRunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        TryRunAsync(Environment, DirectoryPath, program, arguments, cancellationToken);

    /// <summary>Fails the test when a command failed.</summary>
    public void ThrowIfFailed(CommandResult result) => Succeeded(result);

    private Task<CommandResult> TryRunAsync(
        Dictionary<string, string> environment, string directory, string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> command = network?.Enter(directory, program, arguments) ?? [program, .. arguments];
        return Command.TryRunAsync(command[0], [.. command.Skip(1)], environment, directory, null, cancellationToken);
    }

    private CommandResult Succeeded(CommandResult result) =>
        result.ExitCode == 0 ? result : throw new CommandFailedException($"{result}\n--- the registry's log ends\n{registryLog()}");
}
