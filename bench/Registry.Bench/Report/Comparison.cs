namespace Registry.Bench.Report;

/// <summary>What two sides are called in the tables, and which comes first there.</summary>
/// <param name="Heading">Of the table of ratios.</param>
/// <param name="Subject">The side that a ratio above 1 speaks for.</param>
/// <param name="Peer">The other one.</param>
/// <param name="IsPeerFirst">Whether the peer is what one starts from, and so in the first column.</param>
internal sealed record Comparison(string Heading, string Subject, string Peer, bool IsPeerFirst = false)
{
    public static Comparison WithPeer { get; } = new("Ratios: above 1 the subject is better", "subject", "peer");

    public string First => IsPeerFirst ? Peer : Subject;

    public string Second => IsPeerFirst ? Subject : Peer;
}

/// <summary>The rows that were run with the same two sides.</summary>
/// <param name="Servers">Which servers these are, a line for each.</param>
internal sealed record Section(Comparison Comparison, IReadOnlyList<string> Servers, IReadOnlyList<RowResult> Rows);
