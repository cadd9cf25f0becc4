namespace Registry.Maintenance.Collection;

/// <summary>The store's clock, as far as it was seen to differ from this host's.</summary>
internal sealed class StoreTime(TimeProvider time)
{
    private long _offset;

    public DateTimeOffset Now => time.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _offset));

    /// <summary>Takes note of when the store says that something was written which was written just now.</summary>
    public void Observe(DateTimeOffset written) => Volatile.Write(ref _offset, (written - time.GetUtcNow()).Ticks);
}
