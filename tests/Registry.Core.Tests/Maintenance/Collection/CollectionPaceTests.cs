using Registry.Content;
using Registry.Maintenance.Collection;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Collection;

public sealed class CollectionPaceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(24, 1)]
    [InlineData(1_000, 41)]
    public async Task A_listing_counts_for_more_the_more_it_finds(int keys, int operations)
    {
        var time = new SkippingTime();
        var store = new InMemoryObjectStore(time);
        for (int i = 0; i < keys; i++)
        {
            await store.PutMarkerAsync($"catalog/{i}", Cancel);
        }

        using var root = new ContentRoot(store, new ContentOptions(), time);
        var run = new CollectionRun(root, new CollectionOptions { OperationsPerSecond = 10 }, new CollectionTest.StubPolicy(), new StoreTime(time), dryRun: false);

        Assert.Equal(keys, (await run.ListAsync("catalog/", after: null, Cancel)).Keys.Count);

        // The next one waits for what the listing cost.
        await run.PaceAsync(1, Cancel);
        Assert.Equal(TimeSpan.FromSeconds(operations / 10.0), time.Skipped);
    }

    [Fact]
    public async Task What_is_written_counts_for_more_than_what_is_read()
    {
        var time = new SkippingTime();
        using var root = new ContentRoot(new InMemoryObjectStore(time), new ContentOptions(), time);
        var run = new CollectionRun(root, new CollectionOptions { OperationsPerSecond = 10 }, new CollectionTest.StubPolicy(), new StoreTime(time), dryRun: false);

        await run.PaceWriteAsync(Cancel);
        await run.PaceAsync(1, Cancel);

        Assert.Equal(TimeSpan.FromSeconds(4 / 10.0), time.Skipped);
    }

    /// <summary>A clock that jumps ahead by whatever anybody wants to wait.</summary>
    private sealed class SkippingTime : TimeProvider
    {
        public TimeSpan Skipped { get; private set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Skipped;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Skipped.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Skipped += dueTime;
            return base.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
