using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Hosting;

namespace Registry.EndToEnd.Tests.Collection;

/// <summary>Hosts are killed (SIGKILL) at any moment while clients push and delete and collectors run, and are started again on the same folder or bucket.</summary>
public sealed class KilledCollectorTests(TestRun run)
{
    private const int Rounds = 4;

    // So many requests of clients until somebody is killed, at most. On the server they take long.
    private const int LongestFuse = 300;
    private const int LongestFuseOnServer = 60;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CollectingHosts.OnFolder)]
    [InlineData(CollectingHosts.TwoOnFolder)]
    [InlineData(CollectingHosts.TwoOnS3)]
    public async Task Nothing_acknowledged_is_lost_nothing_deleted_comes_back_and_nothing_is_left_at_the_end(string where)
    {
        var rounds = new SeededRounds(Rounds);
        await using var hosts = await CollectingHosts.StartAsync(run, where, where == CollectingHosts.OnFolder ? TimeSpan.FromSeconds(10) : TimeSpan.Zero, Cancelled);
        var churners = new ChurnGroup("churn", 4, rounds.Random);
        var kills = 0;

        await rounds.RunAsync(hosts.LogTail, async () =>
        {
            // Of two hosts, one in three times both.
            RegistryHost[] victims = hosts.All.Count == 1 || rounds.Random.Next(3) == 0 ? [.. hosts.All] : [hosts.All[rounds.Random.Next(2)]];
            var othersGoOn = victims.Length < hosts.All.Count;
            var fuse = new Fuse(rounds.Random.Next(1, where == CollectingHosts.TwoOnS3 ? LongestFuseOnServer : LongestFuse));
            var stop = new TaskCompletionSource();
            var working = churners.WorkAsync(hosts.Http, fuse, othersGoOn, stop.Task, Cancelled);
            try
            {
                await Task.WhenAny(fuse.Blown, working);
                await Task.WhenAll(victims.Select(victim => victim.KillAsync(Cancelled)));
                kills += victims.Length;
                if (othersGoOn)
                {
                    await churners.AdvanceAsync(working, Cancelled);
                }
                else
                {
                    stop.SetResult();
                    await working;
                }

                await Task.WhenAll(victims.Select(victim => victim.StartAsync(Cancelled)));
            }
            finally
            {
                stop.TrySetResult();
            }

            await working;
            await churners.VerifyAsync(victims[0].Http, Cancelled);
            await churners.TakeUpAsync(hosts.Http, Cancelled);
        });

        string left = "";
        await rounds.EndAsync(hosts.LogTail, async () =>
        {
            await churners.VerifyAsync(hosts.Http, Cancelled);
            await churners.DeleteAllAsync(hosts.Http, rounds.Random, Cancelled);
            left = await hosts.AssertBecomesEmptyAsync(rounds.Count, Cancelled);
            await hosts.AssertCollectorsWorkedAsync(Cancelled);
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{where}: {rounds}, {kills} kills, {churners}; at the end {left}");
        foreach (var fault in hosts.Unexpected)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"On the way to the hosts: {fault}");
        }
    }
}
