namespace Registry.Bench.Servers;

/// <summary>A kind of server that the benchmark can run against.</summary>
internal interface IServer
{
    /// <summary>A short name that can be part of a file name: data of one kind of server is never given to another.</summary>
    string Name { get; }

    /// <summary>Name and version, for the report.</summary>
    string Description { get; }

    /// <summary>What the server is known to do before it answers that a blob is stored, for the report.</summary>
    string Durability { get; }

    /// <summary>Starts the server and returns once it answers.</summary>
    /// <param name="setup">Where it keeps its data.</param>
    /// <exception cref="ServerException">The server ended, or did not answer in time.</exception>
    Task<RunningServer> StartAsync(Setup setup, CancellationToken cancellationToken);
}

internal sealed class ServerException(string message) : Exception(message);
