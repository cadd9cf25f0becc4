using System.Diagnostics;

namespace Registry.Storage.FileSystem;

internal static class Eventually
{
    /// <summary>Waits, within a bound, for what another thread does.</summary>
    public static async Task BecomesTrueAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "It did not come true.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancellationToken);
        }
    }
}
