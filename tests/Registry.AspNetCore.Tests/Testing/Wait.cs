using System.Diagnostics;

namespace Registry.AspNetCore.Tests.Testing;

internal static class Wait
{
    /// <summary>Waits until something holds, and fails when it does not within half a minute.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30), "The condition did not come to hold.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        }
    }
}
