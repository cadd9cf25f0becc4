using Registry.Content;
using Registry.Content.Quotas;
using Registry.Core.Tests.Simulation;
using Registry.Model;

namespace Registry.Core.Tests.Content.Quotas;

/// <summary>How often the store is asked more because of a quota; <c>docs/quotas.md</c> says the same.</summary>
public sealed class QuotaCostTests : QuotaTest
{
    private readonly List<StoreCall> _calls = [];
    private readonly ContentRoot _node;

    public QuotaCostTests() => _node = Node(new HookedStore(Store)
    {
        Before = call =>
        {
            lock (_calls)
            {
                _calls.Add(call);
            }

            return ValueTask.CompletedTask;
        },
    });

    [Fact]
    public async Task A_new_blob_costs_a_listing_and_a_put()
    {
        await _node.PushBlobAsync(Foreign, Bytes(100));
        int without = await CountAsync(() => _node.PushBlobAsync(Foreign, Bytes(100, seed: 1)));
        Limit(10_000);
        await _node.PushBlobAsync(Repo, Bytes(100));

        Assert.Equal(without + 2, await CountAsync(() => _node.PushBlobAsync(Repo, Bytes(100, seed: 2))));
        Assert.Single(_calls, static call => call.Is(StoreOperation.Put, "quotas/"));
    }

    [Fact]
    public async Task A_blob_that_is_held_already_changes_nothing()
    {
        Limit(10_000);
        await _node.PushBlobAsync(Repo, Bytes(100));

        await CountAsync(() => _node.PushBlobAsync(OtherRepo, Bytes(100)));

        Assert.DoesNotContain(_calls, static call => call.Key.StartsWith("quotas/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reading_and_asking_cost_nothing()
    {
        Limit(10_000, 10);
        TestManifest image = await _node.PushImageAsync(Repo, "image", "latest");
        Digest blob = Sha256(TestManifest.BlobsOf("image")[0]);

        await CountAsync(async () =>
        {
            await _node.PullAsync(Repo, image);
            await _node.ReadBlobAsync(Repo, blob);
            await _node.Blobs.FindAsync(Repo, blob, forPush: true, Cancel);
            await _node.StartAsync(Repo);
        });

        Assert.DoesNotContain(_calls, static call => call.Key.StartsWith("quotas/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_for_which_there_is_room_looks_at_nothing_that_was_left_reserved()
    {
        Limit(10_000);
        Assert.NotNull(await Node().Quotas.ReserveAsync(Repo, [QuotaItem.Blob(Sha256(Bytes(1)), 100)], Cancel));
        Time.Advance(QuotaOwner.Life);

        Assert.Equal(1, await CountAsync(async () => Assert.Null(await _node.Quotas.RoomAsync(Repo, null, 9_900, Cancel))));
        Assert.True(await CountAsync(async () => Assert.Null(await _node.Quotas.RoomAsync(Repo, null, 9_901, Cancel))) > 1);
    }

    private async Task<int> CountAsync(Func<Task> act)
    {
        _calls.Clear();
        await act();
        return _calls.Count;
    }
}
