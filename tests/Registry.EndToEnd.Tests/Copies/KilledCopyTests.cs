using System.Text.Json;
using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Stores;
using Registry.TestServers.Faults;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Copies;

/// <summary><c>samples/Copy</c> is killed (SIGKILL) at any moment while clients push to the source and delete from it, and is run again.</summary>
public sealed class KilledCopyTests(TestRun run)
{
    private const int Kills = 3;
    private const int ImagesBefore = 6;

    /// <summary>After so many steps, the target is marked as half a copy. Before, it is an empty store.</summary>
    private const int Begun = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ObjectStore.S3)]
    [InlineData("folder")]
    public async Task A_copy_that_was_killed_is_gone_on_with_and_has_all_that_was_acknowledged(string store)
    {
        var rounds = new SeededRounds(Kills);
        var pushers = new PusherGroup("copied", 3, rounds.Random);
        var from = CopyPlace.NewFolder(run);
        var to = store == ObjectStore.S3 ? await CopyPlace.NewBucketAsync(run, Cancelled) : CopyPlace.NewFolder(run);
        await using var proxy = store == ObjectStore.S3 ? FaultProxy.Start(new Uri(to.Environment["S3__ServiceUrl"])) : null;
        var way = proxy is null ? to : to.At(proxy.Address);
        await using var source = await run.StartAsync(from.Host, $"copied-to-{store}", Cancelled);
        var stop = new TaskCompletionSource();
        using var slow = new HttpClient(new PacedRequests(TimeSpan.FromMilliseconds(40))) { BaseAddress = source.Url };
        var (kills, ends, refused, steps) = (0, 0, false, new List<int>());
        await PushAsync(pushers, source, ImagesBefore);
        var pushing = pushers.PushOnAsync(slow, Fuse.Never(), stop.Task, Cancelled);
        try
        {
            await rounds.RunAsync(source.LogTail, async () =>
            {
                var fuse = steps.Count == 0 ? rounds.Random.Next(1, Begun) : rounds.Random.Next(Begun, Begun << Math.Min(steps.Count + 1, 3));
                var before = Steps();
                await using var copy = await from.StartCopyAsync(way, run, Cancelled);
                await Eventually.HoldsAsync(_ => Task.FromResult(copy.HasExited || Steps() - before >= fuse), Patience, () => $"the copy takes {fuse} steps: {copy.LogTail()}", Cancelled);
                steps.Add(Steps() - before);
                if (copy.HasExited)
                {
                    // It was faster than the one who kills it: then it has to be whole.
                    Assert.True(await copy.WaitForExitAsync(Cancelled) == 0, copy.LogTail());
                    ends++;
                }
                else
                {
                    await copy.KillAsync(Cancelled);
                    kills++;
                    if (fuse >= Begun && !refused)
                    {
                        await AssertNoHostStartsAsync(to);
                        refused = true;
                    }
                }

                await pushers.AdvanceAsync(1, pushing, Cancelled);
            });

            Assert.True(kills > 0, $"no copy was killed: {rounds}");
        }
        finally
        {
            stop.SetResult();
        }

        await pushing;
        await rounds.EndAsync(source.LogTail, async () =>
        {
            var copied = await from.CopyAsync(to, run, Cancelled);
            Assert.True(copied.ExitCode == 0, copied.ToString());

            // What the copy left is not to be swept by the host before it is looked for.
            await using var target = await run.StartAsync(to.Host.As("CollectionHost").With("--Test:UploadSeconds=3600"), $"copy-on-{store}", Cancelled);
            await pushers.VerifyAsync(target.Http, readAgain: true, Cancelled);
            Assert.Equal(await ShownContent.ReadAsync(source.Http, Cancelled), await ShownContent.ReadAsync(target.Http, Cancelled));
            await AssertNothingIsLeftOverAsync(target);
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{store}: {rounds}, {kills} kills and {ends} ends after {string.Join(", ", steps)} steps, {pushers}");

        // What the copy asks of the bucket, or the files that it has made in the folder.
        int Steps() => proxy?.Requests.Count ?? (Directory.Exists(to.Folder) ? Directory.EnumerateFiles(to.Folder, "*", SearchOption.AllDirectories).Count() : 0);
    }

    /// <summary>Pushes so many images each, as fast as they can.</summary>
    private static async Task PushAsync(PusherGroup pushers, RegistryHost source, int images)
    {
        var stop = new TaskCompletionSource();
        var pushing = pushers.PushOnAsync(source.Http.Client, Fuse.Never(), stop.Task, Cancelled);
        try
        {
            await pushers.AdvanceAsync(images, pushing, Cancelled);
        }
        finally
        {
            stop.SetResult();
        }

        await pushing;
    }

    /// <summary>What is half a copy is no registry yet.</summary>
    private async Task AssertNoHostStartsAsync(CopyPlace place)
    {
        var refused = await Assert.ThrowsAsync<CommandFailedException>(() => run.StartAsync(place.Host, "on-half-a-copy", Cancelled));
        Assert.Contains("the copy has not come to its end", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Every object of blobs' bytes is one that a blob's record names, each by one record, and no upload is left.</summary>
    private static async Task AssertNothingIsLeftOverAsync(RegistryHost target)
    {
        var text = await target.Http.Client.GetStringAsync("/test/keys", Cancelled);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).ToArray();
        string[] named = [.. lines.Where(line => line[0].StartsWith("blobs/", StringComparison.Ordinal)).Select(line => DataOf(line[1])).Order()];

        Assert.NotEmpty(named);
        Assert.Equal(named, lines.Select(line => line[0]).Where(key => key.StartsWith("data/", StringComparison.Ordinal)).Order());
        Assert.DoesNotContain(lines, line => line[0].StartsWith("uploads/", StringComparison.Ordinal));
    }

    private static string DataOf(string blobRecord)
    {
        using var record = JsonDocument.Parse(blobRecord);
        return record.RootElement.GetProperty("data").GetString()!;
    }
}
