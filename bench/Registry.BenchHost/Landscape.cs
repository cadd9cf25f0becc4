using System.Globalization;
using Registry.AspNetCore.Authorization;
using Registry.Bench;
using Registry.Storage;

namespace Registry.BenchHost;

/// <summary>Many feeds of the same kind, with grants for each.</summary>
/// <param name="feeds">How many; <see cref="SignInNames.Feed"/> is the first of them.</param>
/// <param name="grantsPerFeed">From 1 to <see cref="MaxGrantsPerFeed"/>.</param>
/// <param name="repositories">How many repositories each feed has.</param>
internal sealed class Landscape(int feeds, int grantsPerFeed, int repositories)
{
    public const int MaxGrantsPerFeed = 5;

    private const int First = 100;
    private const int Most = 2 * First;
    private const int PutsAtOnce = 16;

    public int Feeds { get; } = feeds <= Most ? feeds : throw new ArgumentOutOfRangeException(nameof(feeds), feeds, $"At most {Most}.");

    // The names are those of the numbers from 0 to 199, beginning in the middle, where the user's feed is.
    private IEnumerable<int> Numbers => Enumerable.Range(0, Feeds).Select(static i => (i + First) % Most);

    /// <summary>Names the feeds and says who may do what in them.</summary>
    public void AddTo(IDockerRegistryBuilder registry)
    {
        foreach (int number in Numbers)
        {
            registry.AddFeed(NameOf(number));
        }

        registry.AddGrants(grants =>
        {
            foreach (int number in Numbers)
            {
                string feed = NameOf(number);
                string id = feed["team".Length..];
                Action[] lines =
                [
                    () => grants.Allow($"role:writers-{id}", feed, RegistryAction.Pull, RegistryAction.Push, RegistryAction.Overwrite, RegistryAction.List),
                    () => grants.Allow($"role:readers-{id}", feed, RegistryAction.Pull, RegistryAction.List),
                    () => grants.Allow($"user:owner-{id}", feed),
                    () => grants.Allow($"role:auditors-{id}", $"{feed}/released/*", RegistryAction.Pull),
                    () => grants.Deny($"role:guests-{id}", $"{feed}/secret/*"),
                ];
                foreach (Action add in lines.Take(grantsPerFeed))
                {
                    add();
                }
            }
        });
    }

    /// <summary>Writes what says that the repositories exist, as docs/storage-layout.md has it.</summary>
    public async Task FillAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        var keys = Numbers.SelectMany(number => Enumerable.Range(0, repositories).Select(i => KeyOf($"{NameOf(number)}/apps/r{i:00000}")));
        await Parallel.ForEachAsync(
            keys,
            new ParallelOptions { MaxDegreeOfParallelism = PutsAtOnce, CancellationToken = cancellationToken },
            async (key, cancellation) => await store.PutAsync(key, ReadOnlyMemory<byte>.Empty, PutCondition.IfAbsent, cancellation));
    }

    /// <summary>What a push of a new repository does to everybody's listings. It is in no feed, and gone when this returns, so that each listing shows the same.</summary>
    public static async Task ChangeCatalogAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        string key = KeyOf("passing");
        await store.PutAsync(key, ReadOnlyMemory<byte>.Empty, PutCondition.IfAbsent, cancellationToken);
        await store.DeleteAsync(key, cancellationToken);
    }

    private static string NameOf(int number) => number.ToString("'team'000", CultureInfo.InvariantCulture);

    private static string KeyOf(string repository) => "catalog/" + repository.Replace("/", "._", StringComparison.Ordinal);
}
