using Registry.Bench.Report;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>Rows with the same two sides.</summary>
/// <param name="Name">The name of a folder.</param>
internal sealed record Group(string Name, Comparison Comparison, Func<IServer> Subject, Func<IServer> Peer, IReadOnlyList<Suite> Suites);
