using Registry.Simulation.Scenarios;
using Registry.Storage;

namespace Registry.Simulation.World;

internal enum FiberState
{
    /// <summary>It is its actor's turn to begin it, or not yet.</summary>
    Waiting,

    Running,

    /// <summary>Its client has gone, the work goes on.</summary>
    Abandoned,

    Ended,

    /// <summary>Its node crashed.</summary>
    Dead,
}

/// <summary>One thing that an actor does, from its beginning to its end.</summary>
internal sealed class Fiber(int actor, int position, Plan plan)
{
    private readonly List<(string Prefix, string Last, int Since)> _listings = [];

    /// <summary>What choices call it: it stays the same when other actors are left out.</summary>
    public int Id { get; } = Identify(actor, position);

    public Plan Plan { get; } = plan;

    public FiberState State { get; set; }

    public List<Operation> Pending { get; } = [];

    public CancellationTokenSource Leaving { get; } = new();

    public Task Task { get; set; } = Task.CompletedTask;

    /// <summary>The node that works for it.</summary>
    public int Node { get; set; } = plan.Node;

    /// <summary>The step at which it began.</summary>
    public int Began { get; set; }

    /// <summary>The time at which it began.</summary>
    public DateTimeOffset BeganAt { get; set; }

    /// <summary>When it last made a lease.</summary>
    public DateTimeOffset LeasedAt { get; set; }

    /// <summary>Whether its client heard that it was done.</summary>
    public bool Acknowledged { get; set; }

    /// <summary>What comes to nobody any more.</summary>
    public bool IsOver => State is FiberState.Ended or FiberState.Dead;

    /// <summary>Whether its actor may go on with the next.</summary>
    public bool LetsGo => State is FiberState.Ended or FiberState.Dead or FiberState.Abandoned;

    public static int Identify(int actor, int position) => (actor * 16) + position;

    /// <summary>The version of the store at which a listing began whose next page is asked for.</summary>
    public int ListingSince(string prefix, string? startAfter, int now)
    {
        if (startAfter is not null)
        {
            foreach ((string other, string last, int since) in _listings)
            {
                if (last == startAfter && other == prefix)
                {
                    return since;
                }
            }
        }

        return now;
    }

    public void Listed(string prefix, KeyPage page, int since)
    {
        if (page.HasMore)
        {
            _listings.RemoveAll(listing => listing.Prefix == prefix);
            _listings.Add((prefix, page.Keys[^1], since));
        }
    }

    public override string ToString() => $"{(char)('A' + (Id / 16))}{Id % 16}";
}
