using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>One row: the same work for both servers.</summary>
internal abstract class Workload
{
    public abstract string Name { get; }

    /// <summary>What a slice's amount counts, per second: "MB/s".</summary>
    public abstract string Unit { get; }

    /// <summary>More repeats are not worth their time.</summary>
    public virtual int MaxRepeats => int.MaxValue;

    /// <summary>What the row leaves on the disk of one server, in bytes; 0 where it is too little to matter.</summary>
    public virtual long DiskNeeded(int repeats) => 0;

    /// <summary>Makes all content, before any server of the row starts.</summary>
    public virtual void Prepare(int repeats)
    {
    }

    /// <summary>Brings a server that just started to its normal speed.</summary>
    public abstract void WarmUp(Target target, CancellationToken cancellationToken);

    public abstract Slice Run(Target target, int repeat, CancellationToken cancellationToken);
}
