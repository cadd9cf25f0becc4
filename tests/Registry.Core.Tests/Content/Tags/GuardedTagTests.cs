using Registry.Content;
using Registry.Content.Tags;
using Registry.Core.Tests.Simulation;
using Registry.Errors;
using Registry.Model;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Content.Tags;

/// <summary>Tags that deletions have to leave alone, and pushes of them at the same time.</summary>
public sealed class GuardedTagTests : ContentTest
{
    private static readonly TestManifest One = TestManifest.ImageOf("one");
    private static readonly TestManifest Two = TestManifest.ImageOf("two");

    private static readonly TagGuard Guard = new(static tag => ValueTask.FromResult(
        IsGuarded(tag) ? new RegistryException(RegistryErrorCode.Denied, $"{tag} is guarded.") : null));

    // What an observer sees is what the store has.
    public GuardedTagTests() => Options.CacheLifetime = TimeSpan.Zero;

    private static bool IsGuarded(Tag tag) => tag.Value.StartsWith("keep", StringComparison.Ordinal);

    private static Pointing Tags(params string[] tags) => Pushing.Pointing(tags) with { IsGuarded = IsGuarded };

    /// <summary>Deletes a manifest, unless a guarded tag points at it.</summary>
    private static async Task<bool?> DeleteAsync(ContentRoot root, Digest digest)
    {
        try
        {
            return await root.Manifests.DeleteAsync(Repo, digest, Guard, default, Cancel);
        }
        catch (RegistryException e) when (e.Errors[0].Code == RegistryErrorCode.Denied)
        {
            return null;
        }
    }

    [Fact]
    public async Task A_guarded_tag_is_not_deleted_and_another_is()
    {
        await Root.PushImageAsync(Repo, "one", "keep", "other");

        await Assert.ThrowsAsync<RegistryException>(async () => await Root.Tags.DeleteAsync(Repo, Tag.Parse("keep"), Guard, default, Cancel));
        Assert.True(await Root.Tags.DeleteAsync(Repo, Tag.Parse("other"), Guard, default, Cancel));
        Assert.False(await Root.Tags.DeleteAsync(Repo, Tag.Parse("keep-none"), Guard, default, Cancel));

        Assert.Equal(["keep"], await Root.TagsAsync(Repo));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_manifest_that_a_guarded_tag_points_at_stays_with_all_its_tags()
    {
        await Root.PushImageAsync(Repo, "one", "a", "keep", "z");
        await Root.PushImageAsync(Repo, "two", "b");

        Assert.Null(await DeleteAsync(Root, One.Digest));
        Assert.True(await DeleteAsync(Root, Two.Digest));

        Assert.Equal(["a", "keep", "z"], await Root.TagsAsync(Repo));
        Assert.NotNull(await Root.PullAsync(Repo, "a"));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
        await Root.PushImageAsync(Repo, "two", "keep");
        Assert.True(await DeleteAsync(Root, One.Digest));
        Assert.Equal(["keep"], await Root.TagsAsync(Repo));
    }

    // The tag is moved from one manifest to another that is being deleted. Whoever gets how far, and whether the one that pushes stops in the middle: the tag has a manifest at every moment.
    [Fact]
    public async Task A_guarded_tag_that_is_moved_to_a_manifest_while_that_is_deleted_is_never_lost()
    {
        int pushed = 0;
        int refused = 0;
        int stoppedPushes = 0;
        for (int step = 1, last = int.MaxValue; step <= last; step++)
        {
            for (int dieAt = step; ; dieAt++)
            {
                var store = new InMemoryObjectStore(Time);
                using var observer = new ContentRoot(store, Options, Time);
                await observer.PushImageAsync(Repo, "one", "keep");
                await observer.PushImageAsync(Repo, "two", "other");
                var dying = new DyingStore(store, dieAt, afterEffect: dieAt % 2 == 0);
                var hooked = new HookedStore(dying);
                using var pusher = new ContentRoot(hooked, Options, Time);
                using var deleter = new ContentRoot(new HookedStore(store) { After = _ => SeeAsync(observer) }, Options, Time);
                bool? deleted = false;
                Func<bool> came = hooked.BeforeStep(step, async () => deleted = await DeleteAsync(deleter, Two.Digest));
                hooked.After = _ => SeeAsync(observer);

                Exception? stopped = await Record.ExceptionAsync(() => pusher.PushAsync(Repo, Two, Tags("keep")));

                await SeeAsync(observer);
                Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));
                Digest at = (await observer.PullAsync(Repo, "keep"))!.Digest;
                Assert.True(stopped is not null || at == Two.Digest);
                Assert.True(deleted is not null || at == Two.Digest);
                pushed += stopped is null ? 1 : 0;
                stoppedPushes += stopped is null ? 0 : 1;
                refused += deleted is null ? 1 : 0;
                last = came() ? last : Math.Min(last, step);
                if (!dying.Died)
                {
                    break;
                }
            }
        }

        Assert.InRange(pushed, 8, 100);
        Assert.InRange(stoppedPushes, 20, 10_000);
        Assert.InRange(refused, 1, 10_000);

        async ValueTask SeeAsync(ContentRoot observer) => Assert.True(await observer.PullAsync(Repo, "keep") is not null, "The tag has no manifest.");
    }

    [Fact]
    public async Task A_push_of_a_guarded_tag_at_any_moment_of_a_deletion_comes_before_it_or_after_it()
    {
        int refused = 0;
        foreach (bool isThere in new[] { false, true })
        {
            for (int step = 1; ; step++)
            {
                var store = new InMemoryObjectStore(Time);
                using var root = new ContentRoot(store, Options, Time);
                await root.PushImageAsync(Repo, "one", isThere ? ["keep"] : []);
                await root.PushImageAsync(Repo, "two", "a", "b");
                var hooked = new HookedStore(store);
                using var deleter = new ContentRoot(hooked, Options, Time);
                Func<bool> pushed = hooked.BeforeStep(step, () => root.PushAsync(Repo, Two, Tags("keep")));

                bool? deleted = await DeleteAsync(deleter, Two.Digest);

                refused += deleted is null ? 1 : 0;
                Digest? at = (await root.Tags.FindAsync(Repo, Tag.Parse("keep"), Cancel))?.Digest;
                Assert.Equal(pushed() ? Two.Digest : isThere ? One.Digest : (Digest?)null, at);
                Assert.Equal(pushed(), await root.PullAsync(Repo, Two) is not null);
                Assert.Empty(await ContentInvariants.AtRestAsync(store, Cancel));
                if (!pushed())
                {
                    Assert.True(deleted);
                    break;
                }
            }
        }

        Assert.InRange(refused, 2, 100);
    }

    [Fact]
    public async Task A_manifest_can_be_deleted_though_a_push_of_a_guarded_tag_to_it_broke_off()
    {
        for (int dieAt = 1; ; dieAt++)
        {
            var store = new InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            await root.PushImageAsync(Repo, "one", "keep");
            await root.PushImageAsync(Repo, "two", "a");
            var dying = new DyingStore(store, dieAt, afterEffect: true);
            using var stopping = new ContentRoot(dying, Options, Time);
            await Record.ExceptionAsync(() => stopping.PushAsync(Repo, Two, Tags("keep")));
            bool taken = (await root.Tags.FindAsync(Repo, Tag.Parse("keep"), Cancel))?.Digest == Two.Digest;

            Assert.Equal(taken ? (bool?)null : true, await DeleteAsync(root, Two.Digest));

            Assert.Equal(taken ? Two.Digest : One.Digest, (await root.PullAsync(Repo, "keep"))!.Digest);
            if (!dying.Died)
            {
                Assert.True(taken);
                break;
            }
        }
    }

    [Fact]
    public async Task Many_pushes_of_guarded_tags_and_deletions_of_their_manifest_leave_every_tag_with_it()
    {
        ContentRoot[] nodes = [Root, Node()];
        for (int round = 0; round < 10; round++)
        {
            TestManifest image = await Root.PushImageAsync(Repo, $"{round}", "other");

            await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(
                async () =>
                {
                    if (i % 4 == 0)
                    {
                        await DeleteAsync(nodes[i / 4 % 2], image.Digest);
                    }
                    else
                    {
                        await nodes[i % 2].PushAsync(Repo, image, Tags($"keep-{round}-{i}", $"also-{round}-{i}"));
                    }
                },
                Cancel)));

            for (int i = 0; i < 16; i++)
            {
                Assert.Equal(i % 4 == 0 ? (Digest?)null : image.Digest, (await Root.PullAsync(Repo, $"keep-{round}-{i}"))?.Digest);
            }

            Assert.Null(await DeleteAsync(Root, image.Digest));
            Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
        }
    }

    [Fact]
    public async Task A_push_of_a_guarded_tag_that_stopped_anywhere_can_be_done_again() => await CrashEverywhereAsync(
        async root =>
        {
            await root.PushImageAsync(Repo, "one", "keep");
            await root.PushImageAsync(Repo, "two");
        },
        root => root.PushAsync(Repo, Two, Tags("keep", "keep-too", "other")),
        async (root, _) =>
        {
            Assert.Equal(["keep", "keep-too", "other"], await root.TagsAsync(Repo));
            Assert.Null(await DeleteAsync(root, Two.Digest));
            Assert.Equal(Two.Digest, (await root.PullAsync(Repo, "keep"))!.Digest);
        });

    [Fact]
    public async Task A_first_push_under_a_guarded_tag_that_stopped_anywhere_can_be_done_again() => await CrashEverywhereAsync(
        async root =>
        {
            foreach (byte[] blob in TestManifest.BlobsOf("one"))
            {
                await root.PushBlobAsync(Repo, blob);
            }
        },
        root => root.PushAsync(Repo, One, Tags("keep", "other")),
        async (root, _) =>
        {
            Assert.Equal(["keep", "other"], await root.TagsAsync(Repo));
            Assert.Null(await DeleteAsync(root, One.Digest));
            Assert.NotNull(await root.PullAsync(Repo, "keep"));
        });

    [Fact]
    public async Task A_refused_deletion_of_a_manifest_that_stopped_anywhere_left_it_whole() => await CrashEverywhereAsync(
        root => root.PushImageAsync(Repo, "one", "a", "keep"),
        async root =>
        {
            // A fault of the store is what stops it; the refusal is what is expected.
            Assert.Null(await DeleteAsync(root, One.Digest));
        },
        async (root, _) =>
        {
            Assert.Equal(["a", "keep"], await root.TagsAsync(Repo));
            Assert.NotNull(await root.PullAsync(Repo, "keep"));
        });
}
