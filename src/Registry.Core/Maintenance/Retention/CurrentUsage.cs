using Registry.Content;
using Registry.Maintenance.Usage;
using Registry.Model;

namespace Registry.Maintenance.Retention;

/// <summary>When what is in a repository was last used, as hosts have written it. A repository may be gone through for hours, and what is pulled meanwhile stays: so it is loaded again from time to time. Not for use by several at once.</summary>
internal sealed class CurrentUsage
{
    // Hosts write what they counted as often, by default.
    private static readonly TimeSpan Lasts = TimeSpan.FromMinutes(1);

    private readonly ContentRoot _root;
    private readonly RepositoryName _repository;
    private RepositoryUsage _usage;
    private long _loaded;

    private CurrentUsage(ContentRoot root, RepositoryName repository, RepositoryUsage usage, long loaded)
    {
        (_root, _repository, _usage, _loaded) = (root, repository, usage, loaded);
        OfIndexes = new IndexUsage(root, repository, usage);
    }

    /// <summary>When what indexes name was last used.</summary>
    public IndexUsage OfIndexes { get; private set; }

    /// <summary>Loads what is known of a repository, by its full name.</summary>
    public static async ValueTask<CurrentUsage> LoadAsync(ContentRoot root, RepositoryName repository, CancellationToken cancellationToken)
    {
        long now = root.Time.GetTimestamp();
        return new CurrentUsage(root, repository, await new UsageStore(root).LoadAsync(repository, cancellationToken).ConfigureAwait(false), now);
    }

    /// <summary>When something was last used, as <see cref="RepositoryUsage.LastUsed"/> says.</summary>
    public DateTimeOffset LastUsed(string name) => _usage.LastUsed(name);

    /// <summary>Loads it again where that was not done lately.</summary>
    /// <returns>Whether it was.</returns>
    public async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (_root.Time.GetElapsedTime(_loaded) < Lasts)
        {
            return false;
        }

        await ReloadAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Loads it again.</summary>
    public async ValueTask ReloadAsync(CancellationToken cancellationToken)
    {
        long now = _root.Time.GetTimestamp();
        _usage = await new UsageStore(_root).LoadAsync(_repository, cancellationToken).ConfigureAwait(false);
        (_loaded, OfIndexes) = (now, new IndexUsage(_root, _repository, _usage));
    }
}
