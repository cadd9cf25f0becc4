namespace Registry.Simulation.World;

/// <summary>The clock of one node: the world's time, put off by what this node's clock is wrong. What waits for it waits for the scheduler.</summary>
internal sealed class SimulatedTime(Simulator simulator, TimeSpan offset) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => simulator.Now + offset;

    public override long GetTimestamp() => simulator.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(simulator.Caller, callback, state);
        simulator.Park(timer);
        return timer;
    }

    private sealed class Timer(Fiber fiber, TimerCallback callback, object? state) : Operation(fiber, OperationKind.Wait, "a moment"), ITimer
    {
        public override void Perform()
        {
        }

        public override void Answer() => callback(state);

        public override void Fail(Exception fault) => callback(state);

        public override string Describe() => "done";

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => Simulator.Unpark(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>A small, fast generator whose numbers are the same everywhere.</summary>
internal sealed class SimulationRandom(ulong seed) : Random(0)
{
    private ulong _state = seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03;

    public ulong NextBits()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public override int Next(int maxValue) => (int)((NextBits() >> 32) * (ulong)maxValue >> 32);

    public override int Next() => Next(int.MaxValue);

    public override int Next(int minValue, int maxValue) => minValue + Next(maxValue - minValue);

    public override void NextBytes(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            ulong bits = NextBits();
            for (int i = 0; i < 8 && buffer.Length > 0; i++)
            {
                buffer[0] = (byte)bits;
                bits >>= 8;
                buffer = buffer[1..];
            }
        }
    }

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True in so many of a thousand.</summary>
    public bool Chance(int perMille) => Next(1000) < perMille;
}
