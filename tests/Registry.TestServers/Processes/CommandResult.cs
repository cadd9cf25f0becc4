namespace Registry.TestServers.Processes;

/// <summary>What a command that ran to its end left behind.</summary>
public sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Errors)
{
    /// <summary>Both streams: clients differ in which one they report to.</summary>
    public string All => Output + Errors;

    public override string ToString() =>
        $"""
        $ {CommandLine}
        exit code {ExitCode}
        --- standard output
        {Output}
        --- standard error
        {Errors}
        """;
}

/// <summary>A command failed, or took longer than it may. The message holds everything it said.</summary>
public sealed class CommandFailedException(string message) : Exception(message);
