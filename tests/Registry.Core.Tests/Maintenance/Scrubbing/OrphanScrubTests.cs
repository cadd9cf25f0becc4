using Registry.Content;
using Registry.Content.Uploads;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Scrubbing;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Scrubbing;

public sealed class OrphanScrubTests : ScrubTest
{
    [Fact]
    public async Task Bytes_that_nothing_names_go_with_the_second_scrub_that_finds_them()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        string orphan = ContentKeys.Data(Ids.Next());
        await Store.PutAsync(orphan, Bytes(100), PutCondition.None, Cancel);
        Assert.Empty((await ScrubAsync()).Findings); // Too young.
        Time.Advance(Day);

        Assert.Equal((ScrubAction.Reported, orphan), (Single(await ScrubAsync(), ScrubFindingKind.DataOrphaned).Action, orphan));
        Assert.Contains(orphan, await KeysAsync(ContentKeys.DataPrefix));
        Assert.Equal(ScrubAction.Dropped, Single(await ScrubAsync(), ScrubFindingKind.DataOrphaned).Action);

        Assert.DoesNotContain(orphan, await KeysAsync(ContentKeys.DataPrefix));
        Assert.Empty((await ScrubAsync()).Findings);
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_key_that_goes_on_after_its_id_is_a_key_of_its_upload()
    {
        string orphan = ContentKeys.Data(Ids.Next()) + "-1f";
        await Store.PutAsync(orphan, Bytes(100), PutCondition.None, Cancel);
        Time.Advance(Day);

        await ScrubAsync();
        await ScrubAsync();

        Assert.Empty(await KeysAsync(ContentKeys.DataPrefix));
    }

    [Fact]
    public async Task Bytes_of_a_session_and_objects_of_others_are_left_alone()
    {
        string session = await Root.StartAsync(Repo);
        await Store.PutAsync(ContentKeys.Data(session), Bytes(100), PutCondition.None, Cancel);
        await Store.PutAsync("data/strange", Bytes(10), PutCondition.None, Cancel);
        Time.Advance(Day);

        await ScrubAsync();
        ScrubReport report = await ScrubAsync();

        Assert.Equal(ScrubAction.Reported, Single(report, ScrubFindingKind.UnknownObject).Action);
        Assert.Equal(2, (await KeysAsync(ContentKeys.DataPrefix)).Count);
    }

    [Fact]
    public async Task A_dry_run_notes_nothing_and_removes_nothing()
    {
        string orphan = ContentKeys.Data(Ids.Next());
        await Store.PutAsync(orphan, Bytes(100), PutCondition.None, Cancel);
        Time.Advance(Day);

        await ScrubAsync(configure: static options => options.DryRun = true);
        Single(await ScrubAsync(configure: static options => options.DryRun = true), ScrubFindingKind.DataOrphaned);

        Assert.Equal([orphan], await KeysAsync(""));
    }

    /// <summary>An upload that took longer than the grace period is finished between any two steps of one scrub; the next one runs to its end. Its blob keeps its bytes.</summary>
    [Fact]
    public async Task An_upload_that_is_committed_at_any_moment_keeps_its_bytes()
    {
        byte[] content = Bytes(1000);
        for (int step = 1; ; step++)
        {
            using var world = new ScrubWorld();
            ContentRoot root = world.NewNode();
            await root.PushImageAsync(Repo, "app", "latest");
            string session = await root.StartAsync(Repo);
            await root.Uploads.AppendAsync(Repo, session, Pushing.Body(content), null, Cancel);
            world.Clock.Advance(Day);
            var hooked = new HookedStore(world.InMemory);
            Func<bool> reached = hooked.BeforeStep(step, async () =>
                Assert.Equal(UploadOutcome.Accepted, (await root.Uploads.FinishAsync(Repo, session, [Sha256(content)], null, null, Cancel)).Outcome));

            await ScrubWorld.RunAsync(null, world.NewNode(hooked));
            if (!reached())
            {
                Assert.InRange(step, 10, 300);
                return;
            }

            await ScrubWorld.RunAsync(null, world.NewNode());
            await ScrubWorld.RunAsync(null, world.NewNode());

            Assert.Equal(content, await world.NewNode().ReadBlobAsync(Repo, Sha256(content)));
            Assert.Empty(await ContentInvariants.AtRestAsync(world.InMemory, Cancel));
        }
    }

    /// <summary>The committer stops right after the blob's record is there, and the sweeper of its session comes between any two steps of the scrubs that follow.</summary>
    [Fact]
    public async Task A_record_that_was_put_before_its_session_went_keeps_its_bytes_at_any_moment()
    {
        byte[] content = Bytes(1000);
        for (int step = 1; ; step++)
        {
            using var world = new ScrubWorld();
            var dying = new HookedStore(world.InMemory) { Before = static call => call.Is(StoreOperation.Delete, ContentKeys.UploadsPrefix) ? throw new StoreUnavailableException() : default };
            ContentRoot root = world.NewNode(dying);
            string session = await root.StartAsync(Repo);
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await root.Uploads.FinishAsync(Repo, session, [Sha256(content)], Pushing.Body(content), null, Cancel));
            world.Clock.Advance(Day);
            var hooked = new HookedStore(world.InMemory);
            Func<bool> reached = hooked.BeforeStep(step, async () => await world.InMemory.DeleteAsync(ContentKeys.Upload(session), Cancel));

            await ScrubWorld.RunAsync(null, world.NewNode(hooked));
            await ScrubWorld.RunAsync(null, world.NewNode(hooked));
            if (!reached())
            {
                Assert.InRange(step, 20, 300);
                return;
            }

            await ScrubWorld.RunAsync(null, world.NewNode());
            Assert.Equal(content, await world.NewNode().ReadBlobAsync(Repo, Sha256(content)));
        }
    }

    [Fact]
    public void A_filter_finds_all_that_was_added_and_few_others()
    {
        var filter = new KeyFilter();
        string[] keys = [.. Enumerable.Range(0, 20_000).Select(_ => ContentKeys.Data(Ids.Next()))];
        foreach (string key in keys[..10_000])
        {
            filter.Add(key);
        }

        Assert.All(keys[..10_000], key => Assert.True(filter.MayContain(key)));
        Assert.InRange(keys[10_000..].Count(filter.MayContain), 0, 5);
    }
}
