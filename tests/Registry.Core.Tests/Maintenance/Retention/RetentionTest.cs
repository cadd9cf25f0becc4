using Registry.Content;
using Registry.Core.Tests.Content;
using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Retention;
using Registry.Maintenance.Usage;
using Registry.Model;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Retention;

/// <summary>A feed with a repository, and rules to carry out on it.</summary>
public abstract class RetentionTest : ContentTest
{
    private protected static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private protected Feed Settings { get; } = new("library");

    // The clock stands while a run goes on.
    private static CollectionOptions Collection { get; } = new() { OperationsPerSecond = null };

    /// <summary>Tags that stay whatever rules say.</summary>
    private protected HashSet<string> Protected { get; } = [];

    private protected static RetentionRule Rule(Action<RetentionRule> set)
    {
        var rule = new RetentionRule();
        set(rule);
        return rule;
    }

    private protected static RetentionRule TagRule(params string[] tags) => Rule(rule =>
    {
        foreach (string tag in tags)
        {
            rule.Tags.Add(tag);
        }
    });

    private protected Task<RetentionReport> RunAsync(params RetentionRule[] rules) => RunAsync(Root, dryRun: false, null, rules);

    private protected Task<RetentionReport> TryAsync(params RetentionRule[] rules) => RunAsync(Root, dryRun: true, null, rules);

    private protected async Task<RetentionReport> RunAsync(ContentRoot root, bool dryRun, List<RetentionItem>? items, params RetentionRule[] rules)
    {
        var runner = new RetentionRunner(root, new UnneededManifests(root, Collection, new StoreTime(Time)), (feed, repository, tag) => Protected.Contains(tag.Value));
        var feeds = new FeedTable([Settings, new Feed(""), new Feed("liz")]);
        return await runner.RunAsync(() => feeds, feeds.FindByName(Settings.Name)!, rules, dryRun, items is null ? null : Take, progress: null, Cancel);

        ValueTask Take(RetentionItem item, CancellationToken cancellationToken)
        {
            items.Add(item);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Pushes images, each under a tag of its own, a minute after the one before.</summary>
    private protected async Task PushAsync(RepositoryName repository, params string[] tags)
    {
        foreach (string tag in tags)
        {
            await Root.PushImageAsync(repository, tag, tag);
            Time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    private protected async Task PullAsync(Digest digest, string? tag = null, bool isPull = true)
    {
        var counter = new PullCounter(Time);
        counter.Note(Root, Repo, digest, tag is null ? null : Tag.Parse(tag), isPull);
        await new UsageWriter(counter).RunAsync([Root], Cancel);
    }

    private protected async Task BeginCountingAsync() => await new UsageStore(Root).BeginAsync(Cancel);

    private protected static IEnumerable<string> Named(RetentionReport report, RetentionOutcome outcome = RetentionOutcome.Removed) =>
        report.Items.Where(item => item.Outcome == outcome).Select(static item => item.Tag?.Value ?? item.Digest?.Value ?? item.Repository);

    /// <summary>Everything that the store holds, with what each object is at the moment.</summary>
    private protected static async Task<string[]> SnapshotAsync(InMemoryObjectStore store)
    {
        var all = new List<string>();
        await foreach (string key in store.ListAllAsync("", Cancel))
        {
            all.Add($"{key} {(await store.GetAsync(key, Cancel))?.ETag}");
        }

        return [.. all];
    }
}
