using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Copying;
using Registry.Model;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Copying;

/// <summary>Copies that are stopped, and copies of a registry that is in use.</summary>
public sealed class CopyFaultTests : CopyTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_may_stop_after_any_step_and_is_gone_on_with(bool afterEffect)
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        await Root.PushAsync(Repo, TestManifest.Index([image.Digest]), "all");
        int dieAt = 0;
        DyingStore dying;
        do
        {
            dieAt++;
            var target = new InMemoryObjectStore(Time);
            dying = new DyingStore(target, dieAt, afterEffect);
            Exception? stopped = await Record.ExceptionAsync(() => CopyAsync(to: dying, configure: static options => options.Concurrency = 1));
            Assert.Equal(dying.Died, stopped is not null);
            Assert.Empty(await ContentInvariants.AlwaysAsync(target, Cancel));
            if (stopped is not null && await target.GetAsync(ContentKeys.Format, Cancel) is not null && !(await MarkerAsync(target)).Contains("\"ended\"", StringComparison.Ordinal))
            {
                InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(async () => await Node(target).EnsureUsableAsync(Cancel));
                Assert.Contains("has not come to its end", e.Message, StringComparison.Ordinal);
            }

            int before = await BlobsAsync(target);
            ContentCopyReport report = await CopyAsync(to: target);
            Assert.Equal(3 - before, report.Blobs);
            Assert.Empty(await ContentInvariants.AtRestAsync(target, Cancel));
            Assert.Equal(await PullAllAsync(Store.Share()), await PullAllAsync(target));
        }
        while (dying.Died);

        Assert.InRange(dieAt, 50, 500);
    }

    [Fact]
    public async Task A_removal_may_stop_after_any_step_and_is_gone_on_with()
    {
        int dieAt = 0;
        DyingStore dying;
        do
        {
            dieAt++;
            var from = new InMemoryObjectStore(Time);
            ContentRoot root = Node(from);
            await root.EnsureUsableAsync(Cancel);
            TestManifest image = await root.PushImageAsync(Repo, "app", "latest");
            TestManifest index = TestManifest.Index([image.Digest]);
            await root.PushAsync(Repo, index, "all");
            var target = new InMemoryObjectStore(Time);
            await CopyAsync(from, target);
            await root.Manifests.DeleteAsync(Repo, index.Digest, Cancel);
            await root.Manifests.DeleteAsync(Repo, image.Digest, Cancel);
            foreach (byte[] blob in TestManifest.BlobsOf("app"))
            {
                await root.Blobs.DeleteAsync(Repo, Sha256(blob), Cancel);
                await from.DeleteAsync(ContentKeys.Blob(Sha256(blob)), Cancel);
            }

            dying = new DyingStore(target, dieAt, afterEffect: true);
            await Record.ExceptionAsync(() => CopyAsync(from, dying, static options => options.Concurrency = 1));
            Assert.Empty(await ContentInvariants.AlwaysAsync(target, Cancel));

            await CopyAsync(from, target);
            Assert.Empty(await ContentInvariants.AtRestAsync(target, Cancel));
            Assert.Equal([ContentKeys.Catalog(Repo), ContentKeys.Format], await KeysAsync(target, ""));
        }
        while (dying.Died);

        Assert.InRange(dieAt, 20, 500);
    }

    /// <summary>Between any two steps of a copy, somebody pushes, moves a tag, deletes. Whatever the copy has can be pulled whole; a copy made again has all of it.</summary>
    [Theory]
    [InlineData("push")]
    [InlineData("move")]
    [InlineData("delete")]
    [InlineData("again")]
    public async Task A_registry_in_use_is_copied_whole(string change)
    {
        for (int step = 1; ; step++)
        {
            var from = new InMemoryObjectStore(Time);
            ContentRoot root = Node(from);
            await root.EnsureUsableAsync(Cancel);
            TestManifest old = await root.PushImageAsync(Repo, "old", "latest");
            TestManifest child = await root.PushImageAsync(Repo, "child");
            TestManifest index = TestManifest.Index([child.Digest]);
            await root.PushAsync(Repo, index, "all");
            var target = new InMemoryObjectStore(Time);
            var hooked = new HookedStore(from);
            Func<bool> reached = hooked.BeforeStep(step, () => ChangeAsync(root, change, old, child, index));

            ContentCopyReport report = await CopyAsync(hooked, target, static options => options.Concurrency = 1);
            if (!reached())
            {
                Assert.InRange(step, 50, 500);
                return;
            }

            Assert.Empty(report.Problems);
            Assert.Empty(await ContentInvariants.AlwaysAsync(target, Cancel));
            var again = new InMemoryObjectStore(Time);
            await CopyAsync(target, again); // A copy can be copied, and says what it holds without being used.
            await PullAllAsync(again);

            report = await CopyAsync(from, target);
            Assert.True(report.IsCurrent);
            Assert.Empty(await ContentInvariants.AtRestAsync(target, Cancel));
            Assert.Equal(await PullAllAsync(from), await PullAllAsync(target));
        }
    }

    [Fact]
    public async Task A_copy_while_many_pushes_go_on_has_every_push_that_came_before_it()
    {
        using var stop = new CancellationTokenSource();
        using var permits = new SemaphoreSlim(0);
        int operations = 0;
        var hooked = new HookedStore(Store)
        {
            // The faster the copy, the faster the pushes: so there are always some between its steps, and never so many that it cannot keep up.
            Before = _ =>
            {
                if (Interlocked.Increment(ref operations) % 40 == 0)
                {
                    permits.Release();
                }

                return default;
            },
        };
        await Root.EnsureUsableAsync(Cancel);
        int pushed = 0;
        ContentRoot pusher = Node();
        Task pushing = Task.Run(
            async () =>
            {
                while (true)
                {
                    await permits.WaitAsync(Cancel);
                    if (stop.IsCancellationRequested)
                    {
                        return;
                    }

                    int number = Volatile.Read(ref pushed) + 1;
                    await pusher.PushImageAsync(Repo, $"image {number}", $"v{number}", "latest");
                    Volatile.Write(ref pushed, number);
                }
            },
            Cancel);
        int known = 0;
        for (int round = 0; round < 5; round++)
        {
            int wanted = known + 3;
            permits.Release(3);
            while (Volatile.Read(ref pushed) < wanted)
            {
                await Task.Yield();
            }

            known = Volatile.Read(ref pushed);
            ContentCopyReport report = await CopyAsync(hooked);
            Assert.Empty(report.Problems);
            Assert.Empty(await ContentInvariants.AlwaysAsync(Target, Cancel));
            HashSet<string> tags = [.. (await KeysAsync(Target, "repos/")).Where(static key => key.Split('/')[2] == "tags").Select(static key => key.Split('/')[3])];
            Assert.All(Enumerable.Range(1, known), number => Assert.Contains($"v{number}", tags));
        }

        await stop.CancelAsync();
        permits.Release();
        await pushing;
        Assert.True((await CopyAsync()).IsCurrent);
        Assert.Equal(await PullAllAsync(Store), await PullAllAsync(Target));
    }

    private static async Task ChangeAsync(ContentRoot root, string change, TestManifest old, TestManifest child, TestManifest index)
    {
        switch (change)
        {
            case "push":
                await root.PushImageAsync(Repo, "new", "latest", "new");
                break;
            case "move":
                await root.PushImageAsync(Repo, "new", "latest");
                await root.Manifests.DeleteAsync(Repo, old.Digest, Cancel);
                await CollectAsync(root, "old");
                break;
            case "delete":
                await root.Manifests.DeleteAsync(Repo, index.Digest, Cancel);
                await root.Manifests.DeleteAsync(Repo, child.Digest, Cancel);
                await CollectAsync(root, "child");
                break;
            default:
                await root.Manifests.DeleteAsync(Repo, old.Digest, Cancel);
                await CollectAsync(root, "old");
                await root.PushImageAsync(Repo, "old", "latest");
                break;
        }
    }

    /// <summary>Takes an image's own blobs away at once, as a collector does after a while.</summary>
    private static async Task CollectAsync(ContentRoot root, string name)
    {
        foreach (Digest blob in TestManifest.BlobsOf(name).Where(static blob => !blob.AsSpan().SequenceEqual("shared layer"u8)).Select(static blob => Sha256(blob)))
        {
            Assert.True(await root.Blobs.DeleteAsync(Repo, blob, Cancel));
            Versioned<BlobRecord> found = (await root.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(blob), Cancel))!;
            Assert.True((await root.Records.PutAsync(ContentKeys.Blob(blob), found.Record with { State = BlobState.Gone }, found, Cancel)).Won);
            await root.Store.DeleteAsync(found.Record.Data, Cancel);
        }
    }

    private static async Task<int> BlobsAsync(InMemoryObjectStore store) => (await KeysAsync(store, ContentKeys.BlobsPrefix)).Count;
}
