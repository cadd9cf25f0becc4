using Microsoft.Extensions.Primitives;
using Registry.Core.Tests.Content;
using Registry.Feeds;

namespace Registry.Core.Tests.Feeds;

public sealed class FeedDirectoryTests
{
    private readonly FakeTime time = new();
    private readonly List<Exception?> refused = [];

    [Fact]
    public void A_provider_that_failed_once_is_asked_again()
    {
        using var provider = new Provider();
        using var directory = new FeedDirectory(provider, (e, _) => refused.Add(e), time);
        Assert.Equal(["first"], NamesOf(directory));

        provider.Fault = new FormatException("no feeds");
        provider.Signal();
        Assert.Equal(["first"], NamesOf(directory));
        Assert.IsType<FormatException>(Assert.Single(refused));

        // Not with every request, and nobody has to say that there is something new.
        provider.Fault = null;
        provider.Name = "second";
        Assert.Equal(["first"], NamesOf(directory));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["second"], NamesOf(directory));

        provider.Name = "third";
        provider.Signal();
        Assert.Equal(["third"], NamesOf(directory));
        Assert.Single(refused);
    }

    private static string[] NamesOf(FeedDirectory directory) => [.. directory.Current.Feeds.Select(static feed => feed.Settings.Name)];

    private sealed class Provider : IFeedProvider, IDisposable
    {
        private CancellationTokenSource _change = new();

        public string Name { get; set; } = "first";

        public Exception? Fault { get; set; }

        public FeedSnapshot GetFeeds() => Fault is null ? new FeedSnapshot([new Feed(Name)], new CancellationChangeToken(_change.Token)) : throw Fault;

        public void Dispose() => _change.Dispose();

        public void Signal()
        {
            CancellationTokenSource signalled = _change;
            _change = new CancellationTokenSource();
            signalled.Cancel();
            signalled.Dispose();
        }
    }
}
