using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>Rows that share their servers' data folders, and what has to be in there before they run.</summary>
internal sealed record Suite(string Name, IReadOnlyList<Workload> Rows)
{
    /// <summary>Fills an empty server, outside any measurement; null where the rows start from nothing.</summary>
    public Action<Target, CancellationToken>? Fill { get; init; }

    /// <summary>Whether pulls may be sent on to an object store.</summary>
    public bool Redirects { get; init; }

    /// <summary>What clients that have to sign in ask a token for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The name of data that is alike in every run, so that a later run can take it over; null where it is not.</summary>
    public string? KeepAs { get; init; }
}
