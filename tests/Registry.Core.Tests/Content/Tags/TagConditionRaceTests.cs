using Registry.Content;
using Registry.Content.Tags;
using Registry.Core.Tests.Simulation;
using Registry.Errors;
using Registry.Model;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Content.Tags;

/// <summary>Conditions on pushes compare and set: of several that cannot all hold, one does.</summary>
public sealed class TagConditionRaceTests : ContentTest
{
    private static readonly TestManifest One = TestManifest.ImageOf("one");
    private static readonly TestManifest Two = TestManifest.ImageOf("two");

    // What is pulled is what the store has.
    public TagConditionRaceTests() => Options.CacheLifetime = TimeSpan.Zero;

    private static TagCondition Immutable(TestManifest image, params string[] tags) =>
        TagCondition.Keeps(tags.ToDictionary(static tag => tag, static tag => $"{tag} is immutable."), image.Digest);

    private static async Task<RegistryErrorCode?> RefusalAsync(Func<Task> push)
    {
        try
        {
            await push();
            return null;
        }
        catch (RegistryException e)
        {
            return Assert.Single(e.Errors).Code;
        }
    }

    [Theory]
    [InlineData(false, RegistryErrorCode.PreconditionFailed)]
    [InlineData(true, RegistryErrorCode.Denied)]
    public async Task Of_two_pushes_that_make_a_tag_at_any_moments_one_does(bool isImmutable, RegistryErrorCode refusal)
    {
        for (int step = 1; ; step++)
        {
            var store = new InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            await root.PushImageAsync(Repo, "one");
            await root.PushImageAsync(Repo, "two");
            var hooked = new HookedStore(store);
            using var other = new ContentRoot(hooked, Options, Time);
            RegistryErrorCode? second = null;
            Func<bool> came = hooked.BeforeStep(step, async () => second = await RefusalAsync(() => root.PushAsync(Repo, Two, Pointing(Two))));

            RegistryErrorCode? first = await RefusalAsync(() => other.PushAsync(Repo, One, Pointing(One)));

            if (!came())
            {
                Assert.Null(first);
                break;
            }

            Assert.Equal([null, refusal], new[] { first, second }.Order());
            Assert.Equal(first is null ? One.Digest : Two.Digest, (await root.Tags.FindAsync(Repo, Tag.Parse("v1"), Cancel))?.Digest);
            Assert.Empty(await ContentInvariants.AtRestAsync(store, Cancel));
        }

        Pointing Pointing(TestManifest image) => Pushing.Pointing("v1") with
        {
            Condition = isImmutable ? Immutable(image, "v1") : TagCondition.PointsNotAt(null),
            IsGuarded = _ => isImmutable,
        };
    }

    [Fact]
    public async Task Of_two_pushes_that_move_a_tag_from_where_it_is_at_any_moments_one_does()
    {
        for (int step = 1; ; step++)
        {
            var store = new InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            TestManifest before = await root.PushImageAsync(Repo, "before", "v1");
            await root.PushImageAsync(Repo, "one");
            await root.PushImageAsync(Repo, "two");
            var condition = TagCondition.PointsAt([before.Digest]);
            var hooked = new HookedStore(store);
            using var other = new ContentRoot(hooked, Options, Time);
            RegistryErrorCode? second = null;
            Func<bool> came = hooked.BeforeStep(step, async () => second = await RefusalAsync(() => root.PushAsync(Repo, Two, condition, "v1")));

            RegistryErrorCode? first = await RefusalAsync(() => other.PushAsync(Repo, One, condition, "v1"));

            if (!came())
            {
                Assert.Null(first);
                break;
            }

            Assert.Equal([null, RegistryErrorCode.PreconditionFailed], new[] { first, second }.Order());
            Assert.Equal(first is null ? One.Digest : Two.Digest, (await root.Tags.FindAsync(Repo, Tag.Parse("v1"), Cancel))?.Digest);
        }
    }

    [Fact]
    public async Task Of_two_pushes_that_want_a_manifest_not_to_be_there_at_any_moments_one_succeeds()
    {
        for (int step = 1; ; step++)
        {
            var store = new InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            foreach (byte[] blob in TestManifest.BlobsOf("one"))
            {
                await root.PushBlobAsync(Repo, blob);
            }

            var condition = TagCondition.PointsNotAt(null);
            var hooked = new HookedStore(store);
            using var other = new ContentRoot(hooked, Options, Time);
            RegistryErrorCode? second = null;
            Func<bool> came = hooked.BeforeStep(step, async () => second = await RefusalAsync(() => root.PushAsync(Repo, One, condition)));

            RegistryErrorCode? first = await RefusalAsync(() => other.PushAsync(Repo, One, condition));

            Assert.NotNull(await root.PullAsync(Repo, One));
            Assert.Empty(await ContentInvariants.AtRestAsync(store, Cancel));
            if (!came())
            {
                Assert.Null(first);
                break;
            }

            Assert.Equal([null, RegistryErrorCode.PreconditionFailed], new[] { first, second }.Order());
        }
    }

    [Fact]
    public async Task Of_many_pushes_that_want_a_manifest_not_to_be_there_one_succeeds()
    {
        ContentRoot[] nodes = [Root, Node()];
        for (int round = 0; round < 20; round++)
        {
            TestManifest image = TestManifest.ImageOf($"{round}");
            foreach (byte[] blob in TestManifest.BlobsOf($"{round}"))
            {
                await Root.PushBlobAsync(Repo, blob);
            }

            RegistryErrorCode?[] answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(
                () => RefusalAsync(() => nodes[i % 2].PushAsync(Repo, image, TagCondition.PointsNotAt(null))), Cancel)));

            Assert.Single(answers, static answer => answer is null);
            Assert.Equal(9, answers.Count(static answer => answer == RegistryErrorCode.PreconditionFailed));
        }
    }

    // One is held between its first tag and its second, and the other goes on meanwhile from any moment.
    [Fact]
    public async Task Of_two_pushes_that_make_the_same_tags_at_any_moments_one_makes_them_all()
    {
        for (int step = 1; ; step++)
        {
            var store = new InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            await root.PushImageAsync(Repo, "one");
            await root.PushImageAsync(Repo, "two");
            var gate = new TaskCompletionSource();
            var reached = new TaskCompletionSource();
            int taken = 0;
            using var held = new ContentRoot(
                new HookedStore(store)
                {
                    Before = async call =>
                    {
                        if (call.Operation == StoreOperation.Put && call.Key.StartsWith(ContentKeys.Tags(Repo), StringComparison.Ordinal) && ++taken == 2)
                        {
                            reached.SetResult();
                            await gate.Task;
                        }
                    },
                },
                Options,
                Time);
            var hooked = new HookedStore(store);
            using var other = new ContentRoot(hooked, Options, Time);
            Task<RegistryErrorCode?>? holding = null;
            Func<bool> came = hooked.BeforeStep(step, async () =>
            {
                holding = RefusalAsync(() => held.PushAsync(Repo, Two, TagCondition.PointsNotAt(null), "b", "a"));
                await Task.WhenAny(holding, reached.Task);
            });

            RegistryErrorCode? first = await RefusalAsync(() => other.PushAsync(Repo, One, TagCondition.PointsNotAt(null), "a", "b"));
            gate.SetResult();

            if (!came())
            {
                Assert.Null(first);
                break;
            }

            Assert.Equal([null, RegistryErrorCode.PreconditionFailed], new[] { first, await holding! }.Order());
            Assert.Equal(first is null ? One.Digest : Two.Digest, (await root.Tags.FindAsync(Repo, Tag.Parse("a"), Cancel))?.Digest);
            Assert.Equal(first is null ? One.Digest : Two.Digest, (await root.Tags.FindAsync(Repo, Tag.Parse("b"), Cancel))?.Digest);
        }
    }

    [Fact]
    public async Task Of_many_pushes_that_make_the_same_tags_in_any_order_one_makes_them_all()
    {
        ContentRoot[] nodes = [Root, Node()];
        TestManifest[] images = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Root.PushImageAsync(Repo, $"{i}")));
        for (int round = 0; round < 20; round++)
        {
            string[] tags = [$"a{round}", $"b{round}", $"c{round}"];

            RegistryErrorCode?[] answers = await Task.WhenAll(images.Select((image, i) => Task.Run(
                () => RefusalAsync(() => nodes[i % 2].PushAsync(Repo, image, TagCondition.PointsNotAt(null), i % 3 == 0 ? tags : [.. Enumerable.Reverse(tags)])), Cancel)));

            Assert.Single(answers, static answer => answer is null);
            Digest winner = images[Array.IndexOf(answers, null)].Digest;
            foreach (string tag in tags)
            {
                Assert.Equal(winner, (await Root.Tags.FindAsync(Repo, Tag.Parse(tag), Cancel))?.Digest);
            }
        }

        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    // The manifest is deleted after it went live and before the tag points at it. The push starts again, and what it finds then is its own.
    [Fact]
    public async Task A_push_that_makes_a_tag_is_not_refused_for_what_it_wrote_itself()
    {
        int overtaken = 0;
        for (int step = 1; ; step++)
        {
            var store = new InMemoryObjectStore(Time);
            using var root = new ContentRoot(store, Options, Time);
            await root.PushImageAsync(Repo, "one");
            var gate = new TaskCompletionSource();
            var reached = new TaskCompletionSource();
            int listings = 0;
            using var deleter = new ContentRoot(
                new HookedStore(store)
                {
                    // The second time it looks for tags the manifest is gone.
                    Before = async call =>
                    {
                        if (call.Operation == StoreOperation.List && ++listings == 2)
                        {
                            reached.SetResult();
                            await gate.Task;
                        }
                    },
                },
                Options,
                Time);
            Task? deleting = null;
            var hooked = new HookedStore(store);
            using var pusher = new ContentRoot(hooked, Options, Time);
            Func<bool> came = hooked.BeforeStep(step, async () =>
            {
                deleting = deleter.Manifests.DeleteAsync(Repo, One.Digest, Cancel).AsTask();
                await Task.WhenAny(deleting, reached.Task);
                overtaken += reached.Task.IsCompleted ? 1 : 0;
            });

            RegistryErrorCode? refused = await RefusalAsync(() => pusher.PushAsync(Repo, One, TagCondition.PointsNotAt(null), "v1"));

            gate.SetResult();
            await (deleting ?? Task.CompletedTask);
            Assert.Null(refused);
            Assert.Equal(await root.PullAsync(Repo, One) is null ? (Digest?)null : One.Digest, (await root.Tags.FindAsync(Repo, Tag.Parse("v1"), Cancel))?.Digest);
            if (!came())
            {
                break;
            }
        }

        Assert.InRange(overtaken, 3, 100);
    }
}
