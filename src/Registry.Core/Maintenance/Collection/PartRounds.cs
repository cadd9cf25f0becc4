using System.Runtime.ExceptionServices;
using Registry.Maintenance.Jobs;

namespace Registry.Maintenance.Collection;

/// <summary>How a host came away from a part of a scan.</summary>
internal enum PartOutcome
{
    /// <summary>It was gone through to its end, here.</summary>
    Done,

    /// <summary>It was finished lately.</summary>
    DoneBefore,

    /// <summary>Another host is at it.</summary>
    Lost,
}

/// <summary>What the parts of a scan came to, one after the other. One that fails holds up no other.</summary>
internal sealed class PartRounds
{
    private ExceptionDispatchInfo? _fault;

    /// <summary>How many parts were left to other hosts.</summary>
    public int OfOthers { get; private set; }

    /// <summary>Whether every part was gone through, here or by others.</summary>
    public bool AreComplete { get; private set; } = true;

    /// <summary>Goes through a part.</summary>
    public async ValueTask RunAsync(Func<ValueTask<PartOutcome>> scan, CancellationToken cancellationToken)
    {
        try
        {
            PartOutcome outcome = await scan().ConfigureAwait(false);
            OfOthers += outcome == PartOutcome.Done ? 0 : 1;
            AreComplete &= outcome != PartOutcome.Lost;
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            AreComplete = false;
            _fault ??= ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <summary>Throws what went wrong first.</summary>
    public void ThrowIfFailed() => _fault?.Throw();
}
