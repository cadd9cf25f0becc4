using Registry.Feeds;

namespace Registry.AspNetCore.Authorization;

/// <summary>The feeds in which somebody is granted something.</summary>
internal sealed class GrantedFeeds
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<string> _patterns = [];

    /// <param name="feeds">Feeds' own names, or wildcards for them.</param>
    public GrantedFeeds(IEnumerable<string> feeds)
    {
        foreach (string feed in feeds.Distinct(StringComparer.Ordinal))
        {
            if (Wildcard.IsPattern(feed))
            {
                _patterns.Add(feed);
            }
            else
            {
                _names.Add(feed);
            }
        }
    }

    public bool Contains(string feed)
    {
        if (_names.Contains(feed))
        {
            return true;
        }

        foreach (string pattern in _patterns)
        {
            if (Wildcard.Matches(pattern, feed))
            {
                return true;
            }
        }

        return false;
    }
}
