using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Stores;

namespace Registry.EndToEnd.Tests.TwoHosts;

/// <summary>One of two hosts is killed (SIGKILL) while clients push through both; the other goes on, and the first comes back meanwhile.</summary>
public sealed class KilledHostTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ObjectStore.S3)]
    [InlineData(ObjectStore.Azure)]
    public async Task Nothing_acknowledged_is_lost_and_the_other_host_takes_everything_up(string store)
    {
        var rounds = new SeededRounds(2);
        var pushers = new PusherGroup("killed", 3, rounds.Random);
        await using var hosts = await BalancedHosts.StartAsync(run, store, Cancelled);

        await rounds.RunAsync(hosts.LogTail, async () =>
        {
            var victim = hosts.Both[rounds.Random.Next(2)];
            var fuse = new Fuse(rounds.Random.Next(1, 200));
            var stop = new TaskCompletionSource();
            var pushing = pushers.PushOnAsync(hosts.Http.Client, fuse, stop.Task, Cancelled);
            try
            {
                await Task.WhenAny(fuse.Blown, pushing);
                await victim.KillAsync(Cancelled);
                await pushers.AdvanceAsync(1, pushing, Cancelled);
                await victim.StartAsync(Cancelled);
                await pushers.AdvanceAsync(1, pushing, Cancelled);
            }
            finally
            {
                stop.SetResult();
            }

            await pushing;
            await pushers.VerifyAsync(victim.Http, readAgain: false, Cancelled);
            await pushers.VerifyAsync(hosts.Http, readAgain: false, Cancelled);
        });

        await pushers.VerifyAsync(hosts.Http, readAgain: true, Cancelled);
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds}, {pushers}");
    }
}
