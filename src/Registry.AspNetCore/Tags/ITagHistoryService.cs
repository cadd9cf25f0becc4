using Registry.Content.Tags;
using Registry.Model;

namespace Registry.AspNetCore.Tags;

/// <summary>
/// Tells where tags pointed before, and who moved them. A service of the registry, keyed by its name. It asks nobody's rights: the entries name users, so the host decides who may read them.
/// </summary>
public interface ITagHistoryService
{
    /// <summary>The last changes of where a tag points, the newest first: at most <see cref="Content.ContentOptions.TagHistoryLength"/>. A deleted tag keeps its history, as long as anything is left of it.</summary>
    /// <param name="feed">The feed's own name; empty for the default feed.</param>
    /// <param name="repository">The repository's name within the feed.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>The changes; none where there was no such tag, or nothing has changed since histories are kept.</returns>
    /// <exception cref="InvalidOperationException">There is no such feed, or it is disabled.</exception>
    ValueTask<IReadOnlyList<TagHistoryEntry>> GetAsync(string feed, RepositoryName repository, Tag tag, CancellationToken cancellationToken);
}
