using System.Collections.Concurrent;
using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Stores;

namespace Registry.EndToEnd.Tests.TwoHosts;

/// <summary>What one host has acknowledged, the other has too, at once and whatever it has answered before: hosts that keep nothing in memory.</summary>
public sealed class SharedStateTests(TestRun run)
{
    private const string Tag = "latest";

    public static TheoryData<string> Stores => [ObjectStore.S3, ObjectStore.Azure];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Pushes_tag_moves_and_deletes_through_one_host_are_seen_by_the_other_at_once(string store)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        for (var round = 0; round < 2; round++)
        {
            var (one, other) = round % 2 == 0 ? (hosts.First, hosts.Second) : (hosts.Second, hosts.First);
            var repository = run.NewRepository("seen");
            var first = SmallImage.Create(100_000);
            var second = SmallImage.Create(100_000);
            await AssertTagAsync(other, repository, null);
            Assert.Null(await other.Http.FindBlobAsync(repository, first.LayerDigest, Cancelled));

            await first.PushAsync(one.Http, repository, Tag, Cancelled);
            await AssertTagAsync(other, repository, first);

            await second.PushAsync(other.Http, repository, Tag, Cancelled);
            await AssertTagAsync(one, repository, second);
            await AssertTagAsync(other, repository, second);

            await one.Http.DeleteAsync(repository, $"manifests/{first.Digest}", Cancelled);
            Assert.Null(await other.Http.FindManifestAsync(repository, first.Digest, Cancelled));
            await AssertTagAsync(other, repository, second);

            await one.Http.DeleteAsync(repository, $"manifests/{Tag}", Cancelled);
            await AssertTagAsync(other, repository, null);
            Assert.NotNull(await other.Http.FindManifestAsync(repository, second.Digest, Cancelled));

            await other.Http.DeleteAsync(repository, $"manifests/{second.Digest}", Cancelled);
            Assert.Null(await one.Http.FindManifestAsync(repository, second.Digest, Cancelled));

            var content = SmallImage.Create().Layer;
            var digest = RegistryHttp.Sha256(content);
            await one.Http.PushBlobAsync(repository, content, Cancelled);
            Assert.Equal(content.Length, await other.Http.FindBlobAsync(repository, digest, Cancelled));
            Assert.Equal(content.Length, await one.Http.FindBlobAsync(repository, digest, Cancelled));
            await other.Http.DeleteAsync(repository, $"blobs/{digest}", Cancelled);
            Assert.Null(await one.Http.FindBlobAsync(repository, digest, Cancelled));
            Assert.Null(await one.Http.FindBlobLengthAsync(repository, digest, Cancelled));
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task What_is_pushed_and_deleted_through_both_is_always_whole_for_readers_of_either(string store)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        var rounds = new SeededRounds(1);
        var pushers = new PusherGroup(run.NewRepository("shared"), 3, rounds.Random);

        await rounds.RunAsync(hosts.LogTail, async () =>
        {
            var stop = new TaskCompletionSource();
            var pushing = pushers.PushOnAsync(hosts.Http.Client, Fuse.Never(), stop.Task, Cancelled);
            var reading = Task.WhenAll(hosts.Both.Select(host => ReadAsync(host.Http, pushers.Repositories, stop.Task)));
            try
            {
                await pushers.AdvanceAsync(4, Task.WhenAny(pushing, reading).Unwrap(), Cancelled);
            }
            finally
            {
                stop.SetResult();
            }

            await pushing;
            Assert.All(await reading, pulled => Assert.True(pulled > 0, "the reader pulled nothing"));
            await pushers.VerifyAsync(hosts.First.Http, readAgain: true, Cancelled);
            await pushers.VerifyAsync(hosts.Second.Http, readAgain: true, Cancelled);
        });
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Pushers_that_race_for_one_tag_through_both_leave_one_of_their_images_whole(string store)
    {
        await using var hosts = await BalancedHosts.SharedAsync(run, store, Cancelled);
        var repository = run.NewRepository("raced");
        var kept = new ConcurrentDictionary<string, bool>();
        var deleted = new ConcurrentDictionary<string, bool>();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async pusher =>
        {
            SmallImage? before = null;
            for (var i = 0; i < 4; i++)
            {
                var image = SmallImage.Create();
                await image.PushAsync(hosts.Http, repository, Tag, Cancelled);
                kept[image.Digest] = true;
                if (before is not null && (pusher + i) % 2 == 0)
                {
                    kept.Remove(before.Digest, out _);
                    await hosts.Http.DeleteAsync(repository, $"manifests/{before.Digest}", Cancelled);
                    deleted[before.Digest] = true;
                }

                before = image;
            }
        }));

        var tagged = await hosts.First.Http.FindManifestAsync(repository, Tag, Cancelled);
        foreach (var host in hosts.Both)
        {
            Assert.Equal(tagged?.Digest, (await host.Http.FindManifestAsync(repository, Tag, Cancelled))?.Digest);
            Assert.Equal(tagged is null ? [] : [Tag], await host.Http.GetTagsAsync(repository, Cancelled));
            foreach (var digest in kept.Keys)
            {
                await host.Http.PullWholeAsync(repository, digest, Cancelled);
            }

            foreach (var digest in deleted.Keys)
            {
                Assert.Null(await host.Http.FindManifestAsync(repository, digest, Cancelled));
            }
        }

        if (tagged is not null)
        {
            Assert.Contains(tagged.Digest, kept.Keys);
        }
    }

    /// <summary>Pulls what is tagged, again and again. What is missing of an image may only be so because the image was deleted meanwhile. Returns how many were whole.</summary>
    private static async Task<int> ReadAsync(RegistryHttp http, IEnumerable<string> repositories, Task stop)
    {
        var pulled = 0;
        while (!stop.IsCompleted)
        {
            foreach (var repository in repositories)
            {
                foreach (var tag in await http.GetTagsAsync(repository, Cancelled))
                {
                    if (await http.FindManifestAsync(repository, tag, Cancelled) is not { } manifest)
                    {
                        continue;
                    }

                    try
                    {
                        await http.PullWholeAsync(repository, manifest.Digest, Cancelled);
                        pulled++;
                    }
                    catch (Xunit.Sdk.XunitException missing)
                    {
                        var now = await http.FindManifestAsync(repository, manifest.Digest, Cancelled);
                        Assert.True(now is null, $"{repository}@{manifest.Digest} is still there: {missing.Message}");
                    }
                }
            }
        }

        return pulled;
    }

    private static async Task AssertTagAsync(RegistryHost host, string repository, SmallImage? expected)
    {
        Assert.Equal(expected?.Digest, (await host.Http.FindManifestAsync(repository, Tag, Cancelled))?.Digest);
        Assert.Equal(expected is null ? [] : [Tag], await host.Http.GetTagsAsync(repository, Cancelled));
        if (expected is not null)
        {
            await host.Http.PullWholeAsync(repository, Tag, Cancelled);
        }
    }
}
