namespace Registry.TestServers.Faults;

/// <summary>That a request may come in, until it has been answered.</summary>
/// <param name="leave">Called then.</param>
public sealed class Admission(Action leave) : IDisposable
{
    /// <summary>What the request is answered with in the server's place, if anything.</summary>
    public CannedAnswer? Instead { get; init; }

    public void Dispose() => leave();
}
