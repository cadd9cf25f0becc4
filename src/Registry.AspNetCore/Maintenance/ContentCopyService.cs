using Registry.Feeds;
using Registry.Maintenance.Copying;
using Registry.Storage;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Copies between the stores of one registry.</summary>
/// <param name="find">Finds a store by its name.</param>
/// <param name="feeds">The feeds, whose stores are in use.</param>
/// <param name="time">The clock.</param>
internal sealed class ContentCopyService(Func<string, IObjectStore?> find, FeedDirectory feeds, TimeProvider time) : IContentCopyService
{
    public Task<ContentCopyReport> CopyAsync(string from, string to, ContentCopyOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (to.Length == 0 || feeds.Current.Stores.Contains(to))
        {
            throw new InvalidOperationException($"Store '{to}' is the registry's own, or a feed is kept in it. What is copied to must not be in use.");
        }

        return new ContentCopy(Find(from), Find(to), options, time).RunAsync(progress: null, cancellationToken);
    }

    private IObjectStore Find(string store) => find(store) ?? throw new InvalidOperationException($"There is no store '{store}'.");
}
