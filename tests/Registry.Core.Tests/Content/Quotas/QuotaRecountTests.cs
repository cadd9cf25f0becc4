using Registry.Content;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Core.Tests.Simulation;
using Registry.Errors;
using Registry.Maintenance.Quotas;
using Registry.Model;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Content.Quotas;

public sealed class QuotaRecountTests : QuotaTest
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task What_was_there_before_the_quota_is_counted_by_a_recount()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        await Root.PushBlobAsync(OtherRepo, Bytes(1_000));
        await Root.PushBlobAsync(Foreign, Bytes(5_000));
        Limit(10_000, 10);
        Limits.Repository = (10_000, null);
        Assert.Equal((0, 0), await UsedAsync());

        QuotaReport report = await RecountAsync(Root);

        // The feed, and each of the three repositories.
        Assert.Equal(new QuotaReport(4, 4, 0), report);
        Assert.Equal((TestManifest.BlobsOf("image").Sum(static blob => blob.Length) + image.Content.Length + 1_000, 1), await UsedAsync());
        Assert.Equal((1_000, 0), await UsedAsync(Root, Limits.OfRepository(OtherRepo)));
        await AssertExactAsync();
        Assert.Equal(new QuotaReport(4, 0, 0), await RecountAsync(Root));
        Assert.Equal(Time.GetUtcNow(), (await Root.Quotas.ReadAsync(Limits.Of(Feed), Cancel)).Verified);
    }

    [Fact]
    public async Task A_name_that_a_broken_off_deletion_left_in_the_list_is_counted_as_no_tag_and_a_tag_without_a_name_as_one()
    {
        Limit(10_000, 10);
        await Root.PushImageAsync(Repo, "image", "here");
        await Store.DeleteAsync(Assert.Single(await KeysAsync(ContentKeys.TagNames(Repo))), Cancel);
        foreach (string gone in (string[])["gone", "lost"])
        {
            await Store.PutMarkerAsync(ContentKeys.TagName(Repo, Tag.Parse(gone), Root.Ids.Next()), Cancel);
        }

        await RecountAsync(Node());

        Assert.Equal(1, (await UsedAsync()).Tags);
        await AssertExactAsync();
    }

    [Fact]
    public async Task A_sum_that_is_wrong_is_put_right()
    {
        Limit(1_000, 10);
        await Root.PushImageAsync(Repo, "image", "latest");
        string key = ContentKeys.FeedQuota(Feed);
        Versioned<QuotaRecord> found = (await Records.ReadAsync<QuotaRecord>(key, Cancel))!;
        await Records.PutAsync(key, found.Record with { Bytes = 999, Tags = 7 }, found, Cancel);

        Assert.Equal(new QuotaReport(1, 1, 0), await RecountAsync(Node()));

        await AssertExactAsync();
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_counts_as_not_held_and_the_rest_is_counted()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "image", "here", "broken");
        TestManifest other = await Root.PushImageAsync(OtherRepo, "other");
        Digest large = await Root.PushBlobAsync(Repo, Bytes(1_000));
        await Root.PushBlobAsync(OtherRepo, Bytes(50, seed: 1));
        Limit(10_000, 10);
        await RecountAsync(Root);
        (long bytes, long tags) = await UsedAsync();
        await BreakAsync(ContentKeys.Blob(large));
        await BreakAsync(ContentKeys.Manifest(OtherRepo, other.Digest));
        await BreakAsync(ContentKeys.Tag(Repo, Tag.Parse("broken")));

        Assert.Equal(new QuotaReport(1, 1, 0) { Unreadable = 3 }, await RecountAsync(Node()));

        Assert.Equal((bytes - 1_000 - other.Content.Length, tags - 1), await UsedAsync());
        Assert.Equal(Time.GetUtcNow(), (await Root.Quotas.ReadAsync(Limits.Of(Feed), Cancel)).Verified);
        Assert.NotNull(await Root.PullAsync(Repo, image));
    }

    [Fact]
    public async Task A_quotas_own_record_that_cannot_be_read_is_counted_anew_with_the_others()
    {
        Limit(10_000);
        Limit(10_000, feed: "other");
        await Root.PushBlobAsync(Repo, Bytes(100));
        await Root.PushBlobAsync(Foreign, Bytes(200));
        await BreakAsync(ContentKeys.FeedQuota("other"));

        await Assert.ThrowsAsync<InvalidDataException>(() => Node().PushBlobAsync(Foreign, Bytes(300)));

        Assert.Equal(new QuotaReport(2, 1, 0) { Unreadable = 1 }, await RecountAsync(Node()));
        Assert.Equal((200, 0), await UsedAsync("other"));
        await Root.PushBlobAsync(Foreign, Bytes(300));
        await AssertExactAsync("other");
    }

    [Fact]
    public async Task A_manifest_is_deleted_though_nobody_can_tell_what_its_blobs_came_to()
    {
        Limit(10_000);
        TestManifest image = await Root.PushImageAsync(Repo, "image", "latest");
        await BreakAsync(ContentKeys.Blob(Sha256(TestManifest.BlobsOf("image")[2])));

        Assert.True(await Root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));
        await Root.PushImageAsync(Repo, "other");
        Assert.Null(await Node().PullAsync(Repo, image));
        Assert.Equal(1, await Node().Eraser.EraseAllAsync("", Cancel));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_looked_at_once_and_not_every_time()
    {
        Digest digest = await Root.PushBlobAsync(Repo, Bytes(100));
        await BreakAsync(ContentKeys.Blob(digest));
        Limit(1_000);

        Assert.NotNull((await Verification(Root).RunIfDueAsync(TimeSpan.MaxValue, Cancel)).Report);
        Assert.Equal((null, true), await Verification(Root).RunIfDueAsync(TimeSpan.MaxValue, Cancel));
    }

    [Fact]
    public async Task What_a_process_that_stopped_left_reserved_is_free_again_though_its_record_cannot_be_read()
    {
        Limit(100);
        Digest digest = Sha256(Bytes(1));
        Assert.NotNull(await Node().Quotas.ReserveAsync(Repo, [QuotaItem.Blob(digest, 100)], Cancel));
        await Root.Refs.LeaseAsync(Repo, digest, Ids.Next(), Cancel);
        await BreakAsync(ContentKeys.Blob(digest));
        Time.Advance(QuotaOwner.Life);

        await Root.PushBlobAsync(Repo, Bytes(50));
        Assert.Equal((50, 0), await UsedAsync());
    }

    [Fact]
    public async Task Whatever_happens_at_any_moment_of_a_recount_is_counted()
    {
        int at = 0;
        bool reached;
        do
        {
            at++;
            reached = await RecountWithAsync(at);
        }
        while (reached);

        Assert.InRange(at, 10, 500);
    }

    [Fact]
    public async Task More_items_than_are_kept_in_memory_are_counted_in_several_steps()
    {
        Limit(long.MaxValue, 100_000);
        Limits.Repository = (long.MaxValue, null);
        for (int i = 0; i < 2_500; i++)
        {
            Digest digest = Sha256(BitConverter.GetBytes(i));
            await Records.PutAsync(ContentKeys.Blob(digest), new BlobRecord { State = BlobState.Live, Data = "data/none", Size = i }, null, Cancel);
            await Root.Refs.LeaseAsync(i % 3 == 0 ? Foreign : Repo, digest, Ids.Next(), Cancel);
            await Root.Refs.LeaseAsync(OtherRepo, digest, Ids.Next(), Cancel);
        }

        foreach (RepositoryName repository in (RepositoryName[])[Repo, OtherRepo, Foreign])
        {
            await Root.Catalog.AddAsync(repository, Cancel);
        }

        var hooked = new HookedStore(Store);
        int seen = 0;
        ContentRoot node = Node(hooked);
        hooked.After = async call =>
        {
            // In the midst of it something new comes, before and behind where the recount is.
            if (call.Is(StoreOperation.List, "refs/") && seen++ < 5)
            {
                await Root.PushBlobAsync(Repo, Bytes(100, seed: seen));
            }
        };
        QuotaReport report = await RecountAsync(node);

        Assert.Equal(0, report.Unverified);
        Assert.True(seen >= 5);
        await AssertExactAsync();
        foreach (RepositoryName repository in (RepositoryName[])[Repo, OtherRepo])
        {
            Assert.Equal(await HeldAsync(Store, Limits.OfRepository(repository)), await UsedAsync(Root, Limits.OfRepository(repository)));
        }
    }

    [Fact]
    public async Task A_recount_runs_when_it_is_time_or_when_something_comes_to_have_a_quota()
    {
        var verification = Verification(Root);
        TimeSpan day = TimeSpan.FromDays(1);
        Assert.Null((await verification.RunIfDueAsync(day, Cancel)).Report);
        Assert.Empty(await KeysAsync("quotas/"));
        Assert.Empty(await KeysAsync("maintenance/"));

        Limit(1_000);
        Assert.NotNull((await verification.RunIfDueAsync(day, Cancel)).Report);
        Assert.Null((await Verification(Node()).RunIfDueAsync(day, Cancel)).Report);
        Limit(2_000, feed: "other");
        Assert.NotNull((await verification.RunIfDueAsync(day, Cancel)).Report);
        Limit(3_000, feed: "other");
        Assert.Null((await verification.RunIfDueAsync(day, Cancel)).Report);
        Time.Advance(day);
        Assert.NotNull((await verification.RunIfDueAsync(day, Cancel)).Report);
    }

    [Fact]
    public async Task A_quota_that_was_away_is_counted_anew_when_it_is_back()
    {
        TimeSpan ever = TimeSpan.MaxValue;
        Limit(1_000);
        await Root.PushBlobAsync(Repo, Bytes(300));
        Assert.NotNull((await Verification(Root).RunIfDueAsync(ever, Cancel)).Report);

        Limits.Limits.Clear();
        Assert.Null((await Verification(Root).RunIfDueAsync(ever, Cancel)).Report);
        string? noted = (await Records.ReadAsync<VerificationRecord>(QuotaVerification.Key, Cancel))?.ETag;
        Assert.Null((await Verification(Root).RunIfDueAsync(ever, Cancel)).Report);
        Assert.Equal(noted, (await Records.ReadAsync<VerificationRecord>(QuotaVerification.Key, Cancel))?.ETag);
        await Root.PushBlobAsync(Repo, Bytes(500, seed: 1));
        Limit(1_000);
        Assert.Equal((300, 0), await UsedAsync());

        Assert.NotNull((await Verification(Root).RunIfDueAsync(ever, Cancel)).Report);
        Assert.Null((await Verification(Root).RunIfDueAsync(ever, Cancel)).Report);
        Assert.Equal((800, 0), await UsedAsync());
        await AssertExactAsync();
    }

    [Fact]
    public async Task What_is_to_be_counted_anew_is_so_though_a_recount_is_under_way()
    {
        Limit(1_000);
        Assert.NotNull((await Verification(Root).RunIfDueAsync(TimeSpan.MaxValue, Cancel)).Report);
        var store = new HookedStore(Store.Share());
        store.OnceBefore(static call => call.Is(StoreOperation.List, "refs/"), async () => await QuotaVerification.ForgetAsync(Root, Cancel));

        Assert.NotNull((await Verification(Node(store)).RunIfDueAsync(TimeSpan.Zero, Cancel)).Report);

        Assert.NotNull((await Verification(Root).RunIfDueAsync(TimeSpan.MaxValue, Cancel)).Report);
        Assert.Null((await Verification(Root).RunIfDueAsync(TimeSpan.MaxValue, Cancel)).Report);
    }

    [Fact]
    public async Task A_verification_that_stopped_is_taken_over_when_its_node_was_silent_for_a_lease()
    {
        Limit(1_000);
        var dying = new DyingStore(Store.Share(), 6, afterEffect: false);
        await Assert.ThrowsAnyAsync<IOException>(async () => await Verification(Node(dying)).RunIfDueAsync(TimeSpan.FromDays(1), Cancel));

        Assert.Equal((null, false), await Verification(Root).RunIfDueAsync(TimeSpan.FromDays(1), Cancel));
        Time.Advance(Lease);
        Assert.NotNull((await Verification(Root).RunIfDueAsync(TimeSpan.FromDays(1), Cancel)).Report);
    }

    [Fact]
    public async Task A_verification_that_a_fault_of_the_store_ended_is_begun_again_at_once()
    {
        Limit(1_000);
        var store = new HookedStore(Store.Share());
        store.OnceBefore(static call => call.Is(StoreOperation.List, "refs/"), static () => throw new IOException("Not now."));
        await Assert.ThrowsAnyAsync<IOException>(async () => await Verification(Node(store)).RunIfDueAsync(TimeSpan.FromDays(1), Cancel));

        Assert.NotNull((await Verification(Root).RunIfDueAsync(TimeSpan.MaxValue, Cancel)).Report);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_verification_that_its_caller_ends_is_begun_again_when_it_is_time_as_if_it_had_not_begun(bool before)
    {
        Limit(1_000);
        TimeSpan day = TimeSpan.FromDays(1);
        if (before)
        {
            await Verification(Root).RunIfDueAsync(day, Cancel);
            Time.Advance(day);
        }

        using var ending = new CancellationTokenSource();
        var store = new HookedStore(Store.Share());
        store.OnceBefore(static call => call.Is(StoreOperation.List, "refs/"), async () =>
        {
            Assert.False((await Verification(Root).RunIfDueAsync(day, Cancel)).IsDone);
            await ending.CancelAsync();
            ending.Token.ThrowIfCancellationRequested();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Verification(Node(store)).RunIfDueAsync(day, ending.Token));

        (QuotaReport? Report, bool IsDone) unscheduled = await Verification(Root).RunIfDueAsync(TimeSpan.MaxValue, Cancel);
        (QuotaReport? Report, bool IsDone) scheduled = await Verification(Root).RunIfDueAsync(day, Cancel);
        Assert.True(unscheduled.IsDone && scheduled.IsDone);
        Assert.Equal((!before, before), (unscheduled.Report is not null, scheduled.Report is not null));
    }

    private async Task BreakAsync(string key) => await Store.PutAsync(key, Bytes("{\"state\":\"li"), PutCondition.None, Cancel);

    private static QuotaVerification Verification(ContentRoot root) => new(root, Lease);

    // Pushes an image, mounts a blob and deletes an image after the recount's operation of this number.
    private async Task<bool> RecountWithAsync(int at)
    {
        Limit(100_000, 100);
        var store = new InMemoryObjectStore(Time);
        using var root = new ContentRoot(store, Options, Time, quotas: Limits);
        TestManifest old = await root.PushImageAsync(Repo, "old", "old");
        await root.PushImageAsync(OtherRepo, "kept", "kept");
        foreach (byte[] blob in TestManifest.BlobsOf("old"))
        {
            await root.PushBlobAsync(Foreign, blob);
        }

        int operations = 0;
        var hooked = new HookedStore(store.Share());
        hooked.After = async _ =>
        {
            if (Interlocked.Increment(ref operations) == at)
            {
                await root.PushImageAsync(Repo, "new", "new");
                await root.PushImageAsync(RepositoryName.Parse("library/new"), "second", "second");
                await root.Manifests.DeleteAsync(Repo, old.Digest, Cancel);
                foreach (byte[] blob in TestManifest.BlobsOf("old"))
                {
                    await FitsUnlessNamedAsync(() => root.Blobs.DeleteAsync(Repo, Sha256(blob), Cancel).AsTask());
                }
            }
        };
        using var counting = new ContentRoot(hooked, Options, Time, quotas: Limits);
        Assert.Equal(0, (await RecountAsync(counting)).Unverified);

        Assert.Equal(await HeldAsync(store, Limits.Of(Feed)), await UsedAsync(root, Limits.Of(Feed)));
        return operations >= at;
    }

    // A layer that the new image has too stays.
    private static async Task FitsUnlessNamedAsync(Func<Task> delete)
    {
        Exception? e = await Record.ExceptionAsync(delete);
        Assert.True(e is null or RegistryException);
    }
}
