using System.Diagnostics;
using System.Text;

namespace Registry.TestServers.Processes;

/// <summary>Runs a program to its end, with a time limit, a clean environment and nothing on its standard input.</summary>
public static class Command
{
    public static readonly TimeSpan DefaultTimeLimit = TimeSpan.FromMinutes(3);

    /// <summary>Runs <paramref name="program"/> and returns what it said, whatever its exit code.</summary>
    /// <exception cref="CommandFailedException">It took longer than <paramref name="timeLimit"/>; it has been killed.</exception>
    public static async Task<CommandResult> TryRunAsync(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string workingDirectory,
        TimeSpan? timeLimit,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var commandLine = $"{Path.GetFileName(program)} {string.Join(' ', arguments.Select(Quote))}";
        using var process = Process.Start(start)
            ?? throw new CommandFailedException($"{commandLine}: did not start");
        process.StandardInput.Close();

        var output = new StringBuilder();
        var errors = new StringBuilder();
        var limit = timeLimit ?? DefaultTimeLimit;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(limit);
        try
        {
            await Task.WhenAll(
                DrainAsync(process.StandardOutput, output, bounded.Token),
                DrainAsync(process.StandardError, errors, bounded.Token),
                process.WaitForExitAsync(bounded.Token));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new CommandFailedException($"{new CommandResult(commandLine, -1, output.ToString(), errors.ToString())}\nstill running after {limit}");
        }

        return new CommandResult(commandLine, process.ExitCode, output.ToString(), errors.ToString());
    }

    private static async Task DrainAsync(StreamReader reader, StringBuilder into, CancellationToken cancellationToken)
    {
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            into.Append(buffer, 0, read);
        }
    }

    private static string Quote(string argument) =>
        argument.Length > 0 && argument.IndexOfAny([' ', '"', '\'', '$', '*', '\n']) < 0 ? argument : $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
