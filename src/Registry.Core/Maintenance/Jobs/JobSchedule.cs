namespace Registry.Maintenance.Jobs;

/// <summary>When a job of maintenance runs: never, at intervals, or in a window of each day. Hosts of one store agree on it by what the store says of the last run.</summary>
public sealed record JobSchedule
{
    private JobSchedule(TimeSpan? interval, TimeOnly? from, TimeOnly? to)
    {
        Interval = interval;
        From = from;
        To = to;
    }

    /// <summary>The shortest interval: 1 minute.</summary>
    public static TimeSpan ShortestInterval { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest interval: 1 year.</summary>
    public static TimeSpan LongestInterval { get; } = TimeSpan.FromDays(365);

    /// <summary>Never by itself; the host's code may still run the job.</summary>
    public static JobSchedule Off { get; } = new(null, null, null);

    /// <summary>How long after a run is finished the next one begins, if at intervals.</summary>
    public TimeSpan? Interval { get; }

    /// <summary>When the window of each day opens, in UTC, if there is one.</summary>
    public TimeOnly? From { get; }

    /// <summary>When it closes, in UTC; before <see cref="From"/> where it goes on past midnight. What is not finished then stops and goes on when it opens again.</summary>
    public TimeOnly? To { get; }

    /// <summary>At intervals.</summary>
    /// <param name="interval">How long after a run is finished the next one begins, from <see cref="ShortestInterval"/> to <see cref="LongestInterval"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is out of its range.</exception>
    public static JobSchedule Every(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, ShortestInterval);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, LongestInterval);
        return new(interval, null, null);
    }

    /// <summary>Once a day, between two times in UTC.</summary>
    /// <param name="from">When the window opens.</param>
    /// <param name="to">When it closes; before <paramref name="from"/> where it goes on past midnight.</param>
    /// <exception cref="ArgumentException">The two are equal.</exception>
    public static JobSchedule Daily(TimeOnly from, TimeOnly to) =>
        from == to ? throw new ArgumentException("The window has no length: say when it opens and when it closes.", nameof(to)) : new(null, from, to);

    /// <summary>Whether the job is to run, and what counts as done.</summary>
    /// <param name="now">The time.</param>
    /// <param name="notSince">A run that was finished after this needs no other.</param>
    /// <param name="until">When a run has to stop, if it has to.</param>
    internal bool IsOpen(DateTimeOffset now, out DateTimeOffset notSince, out DateTimeOffset? until)
    {
        notSince = now;
        until = null;
        if (Interval is { } interval)
        {
            notSince = now - interval;
            return true;
        }

        if (From is not { } from || To is not { } to)
        {
            return false;
        }

        now = now.ToUniversalTime();
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        DateTimeOffset opened = today + from.ToTimeSpan();
        opened = opened > now ? opened.AddDays(-1) : opened;
        DateTimeOffset closes = opened + (to - from);
        notSince = opened;
        until = closes;
        return now < closes;
    }
}
