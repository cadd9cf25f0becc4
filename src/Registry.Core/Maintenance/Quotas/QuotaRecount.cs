using Registry.Content;
using Registry.Content.Catalog;
using Registry.Content.Quotas;
using Registry.Model;

namespace Registry.Maintenance.Quotas;

/// <summary>
/// Counts what feeds and repositories with a quota hold, and puts it in place of what was summed up as pushes went. Pushes and deletions may go on: what moves while the recount comes by is taken from what those who moved
/// it say. It holds a bounded number of items in memory, and may stop anywhere and be run again, by several nodes at once too.
/// </summary>
internal sealed class QuotaRecount(ContentRoot root)
{
    /// <summary>So many scopes are counted in one pass over the store.</summary>
    internal const int MaxScopes = 1024;

    // So few that each can be told that it is being counted.
    private const int FewScopes = 64;
    private const int Page = 1000;

    /// <summary>Counts every feed and repository that has a quota.</summary>
    /// <param name="cancellationToken">Ends the recount between two steps; what was not counted to the end stays as it was.</param>
    public async ValueTask<QuotaReport> RunAsync(CancellationToken cancellationToken)
    {
        var report = new QuotaReport(0, 0, 0);
        foreach (QuotaScope[] feeds in root.Quotas.Scopes.Feeds.Chunk(MaxScopes))
        {
            report = report.And(await CountAsync(feeds, cancellationToken).ConfigureAwait(false));
        }

        if (!root.Quotas.Scopes.HasRepositories)
        {
            return report;
        }

        var batch = new List<QuotaScope>();
        string? after = null;
        NamePage page;
        do
        {
            page = await root.Catalog.ListAsync("", after, Page, cancellationToken).ConfigureAwait(false);
            foreach (string name in page.Names)
            {
                after = name;
                batch.AddRange(root.Quotas.Scopes.ScopesOf(RepositoryName.Parse(name)).Where(static scope => scope.Repository is not null));
                if (batch.Count >= MaxScopes)
                {
                    report = report.And(await CountAsync(batch, cancellationToken).ConfigureAwait(false));
                    batch.Clear();
                }
            }
        }
        while (page.HasMore);
        return report.And(await CountAsync(batch, cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask<QuotaReport> CountAsync(IReadOnlyList<QuotaScope> scopes, CancellationToken cancellationToken)
    {
        var report = new QuotaReport(0, 0, 0);
        if (scopes.Count == 0)
        {
            return report;
        }

        List<QuotaScope> disturbed = await PassAsync(scopes, scopes.Count <= FewScopes).ConfigureAwait(false);
        if (scopes.Count > FewScopes)
        {
            // Where much goes on, few at a time are told of the recount, and keep all that happens meanwhile.
            QuotaScope[] again = [.. disturbed];
            disturbed.Clear();
            foreach (QuotaScope[] few in again.Chunk(FewScopes))
            {
                disturbed.AddRange(await PassAsync(few, announce: true).ConfigureAwait(false));
            }
        }

        return report with { Unverified = disturbed.Count };

        async ValueTask<List<QuotaScope>> PassAsync(IReadOnlyList<QuotaScope> some, bool announce)
        {
            var pass = new RecountPass(root, some, announce);
            await pass.RunAsync(cancellationToken).ConfigureAwait(false);
            report = report.And(new QuotaReport(pass.Verified, pass.Corrected, 0) { Unreadable = pass.Unreadable });
            return pass.Disturbed;
        }
    }
}
