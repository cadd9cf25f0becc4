namespace Registry.SignInHost;

/// <summary>The system's clock, ahead of or behind itself.</summary>
internal sealed class TestClock(TimeSpan offset) : TimeProvider
{
    private long _offset = offset.Ticks;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _offset));

    public void Move(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);
}
