namespace Registry.Maintenance.Pacing;

/// <summary>Holds what a job reads of a store's bytes to a rate, so that it leaves the store to those who pull and push.</summary>
/// <param name="bytesPerSecond">The rate; <see langword="null"/> sets no limit.</param>
/// <param name="time">The clock.</param>
internal sealed class ReadPace(long? bytesPerSecond, TimeProvider time)
{
    // A shorter wait is not worth its timer; it is waited for together with the next.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private long _bytes;
    private long _free = time.GetTimestamp();

    /// <summary>How many bytes were read.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Says that bytes were read, and waits until the next may be.</summary>
    public Task TookAsync(int bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait = Take(bytes);
        return wait < ShortestWait ? Task.CompletedTask : Task.Delay(wait, time, cancellationToken);
    }

    /// <summary>How long to wait after some bytes.</summary>
    internal TimeSpan Take(int bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        if (bytesPerSecond is not { } rate)
        {
            return TimeSpan.Zero;
        }

        lock (_lock)
        {
            // Time in which nothing was read is not saved up.
            long now = time.GetTimestamp();
            _free = Math.Max(_free, now) + (long)((double)bytes / rate * time.TimestampFrequency);
            return time.GetElapsedTime(now, _free);
        }
    }
}
