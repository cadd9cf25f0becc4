using System.Diagnostics;

namespace Registry.TestServers.Processes;

/// <summary>Waits for something that another process does: asks again and again, up to a bound.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Returns once <paramref name="condition"/> holds, and fails with <paramref name="otherwise"/> when it does not within <paramref name="bound"/>.</summary>
    public static async Task HoldsAsync(
        Func<CancellationToken, Task<bool>> condition, TimeSpan bound, Func<string> otherwise, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Interval);
        while (!await condition(cancellationToken))
        {
            if (clock.Elapsed > bound)
            {
                throw new TimeoutException($"Not within {bound}: {otherwise()}");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
