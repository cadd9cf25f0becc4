using Microsoft.Extensions.Primitives;

namespace Registry.Feeds;

/// <summary>Says which feeds there are. The registry asks when it starts and whenever the last answer's token says that it has changed.</summary>
public interface IFeedProvider
{
    /// <summary>The feeds as they are now. It must be quick: a provider whose feeds are elsewhere keeps them and signals changes.</summary>
    /// <exception cref="Exception">At start-up it stops the host; later the registry keeps what it has, logs the error, and asks again every few seconds while it is used.</exception>
    FeedSnapshot GetFeeds();
}

/// <summary>The feeds at one moment.</summary>
/// <param name="Feeds">The feeds.</param>
/// <param name="ChangeToken">Signals that there is a newer snapshot.</param>
public sealed record FeedSnapshot(IReadOnlyList<Feed> Feeds, IChangeToken ChangeToken);
