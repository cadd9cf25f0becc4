namespace Registry.Bench.Measurement;

/// <summary>
/// A barrier that never spins: with as many busy cores as threads that wait, a spinning one would take its time from the server.
/// </summary>
internal sealed class Rendezvous
{
    private readonly object gate = new();
    private readonly int parties;
    private int waiting;
    private int round;
    private bool ended;

    public Rendezvous(int parties, CancellationToken aborted)
    {
        this.parties = parties;
        // The token is the load's own and lives as long as this does.
        aborted.Register(End);
    }

    /// <summary>Returns once all parties are here.</summary>
    /// <exception cref="OperationCanceledException">The load was aborted.</exception>
    public void Meet()
    {
        if (!TryMeet())
        {
            throw new OperationCanceledException("Another worker failed, or the run is being ended.");
        }
    }

    /// <summary>Returns true once all parties are here, or false when the load was aborted.</summary>
    public bool TryMeet()
    {
        lock (gate)
        {
            var mine = round;
            if (++waiting == parties)
            {
                waiting = 0;
                round++;
                Monitor.PulseAll(gate);
            }

            while (mine == round && !ended)
            {
                Monitor.Wait(gate);
            }

            return !ended;
        }
    }

    private void End()
    {
        lock (gate)
        {
            ended = true;
            Monitor.PulseAll(gate);
        }
    }
}
