using Registry.Content;
using Registry.Core.Tests.Simulation;
using Registry.Model;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Content.Manifests;

/// <summary>Processes that stop at every step of what they do to manifests, and others that do it again.</summary>
public sealed class ManifestCrashTests : ContentTest
{
    private static readonly TestManifest One = TestManifest.ImageOf("one");
    private static readonly TestManifest Two = TestManifest.ImageOf("two");

    private static async Task PushBlobsAsync(ContentRoot root, params string[] names)
    {
        foreach (byte[] blob in names.SelectMany(TestManifest.BlobsOf))
        {
            await root.PushBlobAsync(Repo, blob);
        }
    }

    private static async Task AssertTagsAsync(ContentRoot root, params (string Tag, Digest Digest)[] expected)
    {
        Assert.Equal(expected.Select(static pair => pair.Tag), await root.TagsAsync(Repo));
        foreach ((string tag, Digest digest) in expected)
        {
            Assert.Equal(digest, (await root.PullAsync(Repo, tag))!.Digest);
        }
    }

    [Fact]
    public async Task A_first_push() => await CrashEverywhereAsync(
        root => PushBlobsAsync(root, "one"),
        root => root.PushAsync(Repo, One, "a", "b"),
        async (root, _) =>
        {
            await AssertTagsAsync(root, ("a", One.Digest), ("b", One.Digest));
            Assert.Equal(One.Content, (await root.PullAsync(Repo, One))!.Content.ToArray());
            Assert.True(await root.Manifests.DeleteAsync(Repo, One.Digest, Cancel));
            await AssertTagsAsync(root);
        });

    [Fact]
    public async Task A_push_of_what_is_there() => await CrashEverywhereAsync(
        root => root.PushImageAsync(Repo, "one", "a"),
        root => root.PushAsync(Repo, One, "a", "b"),
        (root, _) => AssertTagsAsync(root, ("a", One.Digest), ("b", One.Digest)));

    [Fact]
    public async Task A_push_that_moves_a_tag() => await CrashEverywhereAsync(
        async root =>
        {
            await root.PushImageAsync(Repo, "one", "a", "b");
            await PushBlobsAsync(root, "two");
        },
        root => root.PushAsync(Repo, Two, "a"),
        async (root, _) =>
        {
            await AssertTagsAsync(root, ("a", Two.Digest), ("b", One.Digest));
            await root.Manifests.DeleteAsync(Repo, One.Digest, Cancel);
            await AssertTagsAsync(root, ("a", Two.Digest));
            await root.Manifests.DeleteAsync(Repo, Two.Digest, Cancel);
            await AssertTagsAsync(root);
        });

    [Fact]
    public async Task A_push_of_what_was_deleted() => await CrashEverywhereAsync(
        async root =>
        {
            await root.PushImageAsync(Repo, "one", "a");
            await root.Manifests.DeleteAsync(Repo, One.Digest, Cancel);
        },
        root => root.PushAsync(Repo, One, "a"),
        (root, _) => AssertTagsAsync(root, ("a", One.Digest)));

    [Fact]
    public async Task A_push_of_a_referrer()
    {
        TestManifest signature = TestManifest.Referrer(One.Digest, "signature");
        await CrashEverywhereAsync(
            root => PushBlobsAsync(root, "one", "signature"),
            async root =>
            {
                await root.PushAsync(Repo, One);
                await root.PushAsync(Repo, signature);
            },
            async (root, _) =>
            {
                Assert.Equal([signature.Digest], await root.Referrers.ListAsync(Repo, One.Digest, null, Cancel).Select(static referrer => referrer.Descriptor.Digest).ToListAsync(Cancel));
                await root.Manifests.DeleteAsync(Repo, signature.Digest, Cancel);
                Assert.Empty(await root.Referrers.ListAsync(Repo, One.Digest, null, Cancel).ToListAsync(Cancel));
            });
    }

    [Fact]
    public async Task A_deletion() => await CrashEverywhereAsync(
        async root =>
        {
            await root.PushImageAsync(Repo, "two", "c");
            await root.PushImageAsync(Repo, "one", "a", "b");
        },
        async root => await root.Manifests.DeleteAsync(Repo, One.Digest, Cancel),
        async (root, store) =>
        {
            Assert.Null(await root.PullAsync(Repo, One));
            await AssertTagsAsync(root, ("c", Two.Digest));
            await root.PushAsync(Repo, One, "a");
            await AssertTagsAsync(root, ("a", One.Digest), ("c", Two.Digest));
            await root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel);
            await AssertTagsAsync(root, ("c", Two.Digest));
            Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));
        });

    [Fact]
    public async Task A_deletion_of_a_tag() => await CrashEverywhereAsync(
        root => root.PushImageAsync(Repo, "one", "a", "b"),
        async root => await root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel),
        async (root, _) =>
        {
            await AssertTagsAsync(root, ("b", One.Digest));
            await root.PushAsync(Repo, One, "a");
            await AssertTagsAsync(root, ("a", One.Digest), ("b", One.Digest));
            await root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel);
            await AssertTagsAsync(root, ("b", One.Digest));
        });

    [Fact]
    public async Task A_deletion_of_a_tag_that_is_followed_by_a_push_of_it() => await CrashOnceAsync(
        root => root.PushImageAsync(Repo, "one", "a", "b"),
        async root => await root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel),
        async root =>
        {
            await root.PushAsync(Repo, One, "a");
            await AssertTagsAsync(root, ("a", One.Digest), ("b", One.Digest));
            await root.Tags.DeleteAsync(Repo, Tag.Parse("a"), Cancel);
            await AssertTagsAsync(root, ("b", One.Digest));
        });

    [Fact]
    public async Task A_deletion_that_is_followed_by_a_push() => await CrashOnceAsync(
        root => root.PushImageAsync(Repo, "one", "a"),
        async root => await root.Manifests.DeleteAsync(Repo, One.Digest, Cancel),
        async root =>
        {
            await root.PushAsync(Repo, One, "a");
            await AssertTagsAsync(root, ("a", One.Digest));
        });

    [Fact]
    public async Task A_push_that_is_followed_by_a_deletion() => await CrashOnceAsync(
        root => PushBlobsAsync(root, "one"),
        root => root.PushAsync(Repo, One, "a"),
        async root =>
        {
            await root.Manifests.DeleteAsync(Repo, One.Digest, Cancel);
            Assert.Null(await root.PullAsync(Repo, One));
            await AssertTagsAsync(root);
        });

    // Stops one process at every step and has another do something else.
    private async Task CrashOnceAsync(Func<ContentRoot, Task> arrange, Func<ContentRoot, Task> act, Func<ContentRoot, Task> then)
    {
        foreach (bool afterEffect in new[] { false, true })
        {
            int dieAt = 0;
            DyingStore dying;
            do
            {
                dieAt++;
                var store = new InMemoryObjectStore(Time);
                await arrange(Node(store));
                dying = new DyingStore(store, dieAt, afterEffect);
                await Record.ExceptionAsync(() => act(Node(dying)));
                try
                {
                    await then(Node(store));
                    Assert.Empty(await ContentInvariants.AlwaysAsync(store, Cancel));
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"After a stop at operation {dieAt}{(afterEffect ? ", which had happened" : "")}: {e.Message}", e);
                }
            }
            while (dying.Died);
        }
    }
}
