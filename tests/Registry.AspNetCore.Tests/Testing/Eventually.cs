namespace Registry.AspNetCore.Tests.Testing;

/// <summary>Waits for what another connection's fate brings about, with a bound.</summary>
public static class Eventually
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public static async Task IsAsync(Func<Task<bool>> condition)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Bound, "It did not come about in time.");
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }
}
