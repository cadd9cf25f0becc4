namespace Registry.Maintenance.Collection;

/// <summary>Spreads operations evenly, so that no more than so many come in a second however many ask.</summary>
/// <param name="perSecond">How many; <see langword="null"/> for no limit.</param>
/// <param name="time">The clock.</param>
internal sealed class OperationPace(int? perSecond, TimeProvider time)
{
    // What is saved up while nothing was asked, so that short waits can be taken in one.
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _free;

    /// <summary>Waits until some operations may begin.</summary>
    public ValueTask TakeAsync(int operations, CancellationToken cancellationToken)
    {
        if (perSecond is not { } rate || operations == 0)
        {
            return default;
        }

        TimeSpan now = time.GetElapsedTime(_start);
        TimeSpan begin;
        lock (_lock)
        {
            begin = _free > now - Burst ? _free : now - Burst;
            _free = begin + TimeSpan.FromSeconds((double)operations / rate);
        }

        TimeSpan wait = begin - now;
        return wait <= TimeSpan.Zero ? default : new ValueTask(Task.Delay(wait, time, cancellationToken));
    }
}
