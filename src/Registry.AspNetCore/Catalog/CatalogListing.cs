using System.Runtime.CompilerServices;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Routing;
using Registry.Content.Catalog;
using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Catalog;

/// <summary>
/// The names of the repositories that a caller may list and pull, as the caller's request calls them and in their order. Feeds that the caller may not list are not looked at, so that a listing costs by what it shows.
/// </summary>
internal sealed class CatalogListing(RegistryRequest request, int pageSize)
{
    private FeedTable Feeds => request.View.Table;

    /// <summary>Lists the names after another.</summary>
    public IAsyncEnumerable<string> NamesAsync(string? after, CancellationToken cancellationToken) => request.View switch
    {
        { Only: { } feed } => OfFeedAsync(feed, "", after, cancellationToken),
        { Unknown: not null } => OfNoneAsync(),
        _ when Feeds.Named.Count == 0 => OfDefaultAsync(after, cancellationToken),
        _ => MergeAsync(OfDefaultAsync(after, cancellationToken), OfNamedAsync(after, cancellationToken), cancellationToken),
    };

    private static async IAsyncEnumerable<string> OfNoneAsync()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    // All names of a feed begin with its own, so that feeds follow each other.
    private async IAsyncEnumerable<string> OfNamedAsync(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (ActiveFeed feed in Feeds.Named)
        {
            if (!request.Registry.Gate.CouldList(request, feed))
            {
                continue;
            }

            string prefix = feed.ClientName + "/";
            string? within = after?.StartsWith(prefix, StringComparison.Ordinal) == true ? after[prefix.Length..] : null;
            if (after is not null && within is null && string.CompareOrdinal(prefix, after) < 0)
            {
                continue;
            }

            await foreach (string name in OfFeedAsync(feed, prefix, within, cancellationToken).ConfigureAwait(false))
            {
                yield return name;
            }
        }
    }

    private IAsyncEnumerable<string> OfDefaultAsync(string? after, CancellationToken cancellationToken) =>
        Feeds.Default is { } feed ? OfFeedAsync(feed, "", after, cancellationToken) : OfNoneAsync();

    private async IAsyncEnumerable<string> OfFeedAsync(ActiveFeed feed, string shownPrefix, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RegistryGate gate = request.Registry.Gate;
        bool isOpen = gate.IsOpenToAll(feed);
        if ((!isOpen && !await gate.ShowsAsync(request, AccessTarget.Of(feed)).ConfigureAwait(false))
            || request.Registry.Roots.Find(feed.Settings.Store) is not { } root)
        {
            yield break;
        }

        await root.EnsureUsableAsync(cancellationToken).ConfigureAwait(false);
        string? start = after is null ? null : feed.Prefix + after;
        NamePage page;
        do
        {
            page = await root.Catalog.ListAsync(feed.Prefix, start, pageSize, cancellationToken).ConfigureAwait(false);
            foreach (string fullName in page.Names)
            {
                start = fullName;
                if (feed.Prefix.Length == 0 && PartOfAnother(fullName) is { } other)
                {
                    // Content of a feed with a name, of which there may be any amount: what comes after all of it.
                    start = other + "/~";
                    page = page with { HasMore = true };
                    break;
                }

                RepositoryName name = RepositoryName.Parse(fullName.AsSpan(feed.Prefix.Length));
                if (isOpen || await gate.ShowsAsync(request, new AccessTarget(feed, feed.Name, name)).ConfigureAwait(false))
                {
                    yield return shownPrefix + name.Value;
                }
            }
        }
        while (page.HasMore);
    }

    // What the default feed cannot be asked for: names that lead to another feed, and those under which another one is stored.
    private string? PartOfAnother(string fullName)
    {
        int slash = fullName.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return null;
        }

        ReadOnlySpan<char> first = fullName.AsSpan(0, slash);
        return Feeds.IsTaken(first) || Feeds.FindByClientName(first) is not null ? first.ToString() : null;
    }

    private static async IAsyncEnumerable<string> MergeAsync(IAsyncEnumerable<string> left, IAsyncEnumerable<string> right, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<string> one = left.GetAsyncEnumerator(cancellationToken);
        await using IAsyncEnumerator<string> other = right.GetAsyncEnumerator(cancellationToken);
        bool hasOne = await one.MoveNextAsync().ConfigureAwait(false);
        bool hasOther = await other.MoveNextAsync().ConfigureAwait(false);
        while (hasOne || hasOther)
        {
            if (hasOne && (!hasOther || string.CompareOrdinal(one.Current, other.Current) <= 0))
            {
                yield return one.Current;
                hasOne = await one.MoveNextAsync().ConfigureAwait(false);
            }
            else
            {
                yield return other.Current;
                hasOther = await other.MoveNextAsync().ConfigureAwait(false);
            }
        }
    }
}
