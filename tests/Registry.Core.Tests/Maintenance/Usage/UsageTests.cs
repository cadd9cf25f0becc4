using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Usage;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Usage;

/// <summary>Counts of pulls: in memory, in the store, by several nodes.</summary>
public sealed class UsageTests : ContentTest
{
    private static readonly Tag Latest = Tag.Parse("latest");

    private static Digest DigestOf(int i) => Sha256(BitConverter.GetBytes(i));

    private static async Task WriteAsync(PullCounter counter, params ContentRoot[] roots) =>
        Assert.Null((await new UsageWriter(counter).RunAsync(roots, Cancel)).Failure);

    private ValueTask<PullCount?> FindAsync(string name, int maxEntries = UsageStore.MaxEntries) => new UsageStore(Root, maxEntries).FindAsync(Repo, name, Cancel);

    /// <summary>Manifests that are there, so that they are not left out for being gone.</summary>
    private async Task<string[]> ManifestsAsync(int count)
    {
        Digest[] digests = [.. Enumerable.Range(0, count).Select(DigestOf)];
        foreach (Digest digest in digests)
        {
            var record = new ManifestRecord { State = ManifestState.Live, Generation = Ids.Next(), MediaType = MediaTypes.OciManifest };
            await Records.PutAsync(ContentKeys.Manifest(Repo, digest), record, null, Cancel);
        }

        return [.. digests.Select(static digest => digest.Value)];
    }

    private async Task AddAsync(UsageStore store, IEnumerable<string> names)
    {
        var counter = new PullCounter(Time);
        foreach (string name in names)
        {
            if (Digest.TryParse(name, out Digest digest))
            {
                counter.Note(Root, Repo, digest, null);
            }
        }

        await store.AddAsync(Repo, counter.Pending(), counter.Settle, Cancel);
        Assert.Equal(0, counter.Count);
    }

    [Fact]
    public async Task A_pull_by_tag_counts_for_the_manifest_the_tag_and_the_repository()
    {
        var counter = new PullCounter(Time);
        counter.Note(Root, Repo, DigestOf(1), Latest);
        counter.Note(Root, Repo, DigestOf(1), null);
        Time.Advance(TimeSpan.FromSeconds(10));
        long last = Time.GetUtcNow().ToUnixTimeSeconds();
        counter.Note(Root, Repo, DigestOf(2), null);
        await WriteAsync(counter, Root);

        Assert.Equal(new PullCount(last - 10, 2), await FindAsync(DigestOf(1).Value));
        Assert.Equal(new PullCount(last - 10, 1), await FindAsync("latest"));
        Assert.Equal(new PullCount(last, 1), await FindAsync(DigestOf(2).Value));
        Assert.Equal(new PullCount(last, 3), await new UsageStore(Root).SumAsync(Repo, Cancel));
        Assert.Null(await FindAsync(DigestOf(3).Value));
        Assert.Null(await new UsageStore(Root).SumAsync(OtherRepo, Cancel));
        Assert.Equal(0, counter.Count);
    }

    [Fact]
    public async Task A_use_that_is_no_pull_tells_when_and_counts_nothing()
    {
        var counter = new PullCounter(Time);
        counter.Note(Root, Repo, DigestOf(1), Latest);
        Time.Advance(TimeSpan.FromSeconds(10));
        counter.Note(Root, Repo, DigestOf(1), Latest, isPull: false);
        counter.Note(Root, Repo, DigestOf(2), null, isPull: false);
        long last = Time.GetUtcNow().ToUnixTimeSeconds();
        await WriteAsync(counter, Root);

        Assert.Equal(new PullCount(last, 1), await FindAsync(DigestOf(1).Value));
        Assert.Equal(new PullCount(last, 1), await FindAsync("latest"));
        Assert.Equal(new PullCount(last, 0), await FindAsync(DigestOf(2).Value));
        Assert.Equal(new PullCount(last, 1), await new UsageStore(Root).SumAsync(Repo, Cancel));
        Assert.Equal(0, counter.Count);
    }

    [Fact]
    public async Task Uses_that_find_no_room_are_of_the_repository_and_count_nothing()
    {
        var counter = new PullCounter(Time, room: 1);
        counter.Note(Root, Repo, DigestOf(1), null);
        counter.Note(Root, Repo, DigestOf(2), Latest, isPull: false);
        await WriteAsync(counter, Root);

        Assert.Equal(1, (await new UsageStore(Root).SumAsync(Repo, Cancel))?.Pulls);
        Assert.Equal(Time.GetUtcNow().ToUnixTimeSeconds(), (await new UsageStore(Root).LoadAsync(Repo, Cancel)).LastUsed(DigestOf(3).Value).ToUnixTimeSeconds());
    }

    [Fact]
    public async Task Names_that_were_pulled_and_asked_for_find_room_in_a_record_once()
    {
        string[] names = await ManifestsAsync(4);
        var store = new UsageStore(Root, 4);
        var counter = new PullCounter(Time);
        foreach (string name in names)
        {
            counter.Note(Root, Repo, Digest.Parse(name), null);
            counter.Note(Root, Repo, Digest.Parse(name), null, isPull: false);
        }

        await store.AddAsync(Repo, counter.Pending(), counter.Settle, Cancel);

        Assert.Equal(0, counter.Count);
        UsageRecord record = (await Root.Records.ReadAsync<UsageRecord>(ContentKeys.Usage(Repo, ""), Cancel))!.Record;
        Assert.Equal(names.Order(StringComparer.Ordinal), record.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((4L, (long?)null), (record.Pulls, record.Pruned));
    }

    [Fact]
    public async Task A_round_writes_once_for_each_repository_and_not_at_all_without_pulls()
    {
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        var writes = new List<string>();
        store.Before = call =>
        {
            if (call.Changes)
            {
                writes.Add(call.Key);
            }

            return ValueTask.CompletedTask;
        };
        var counter = new PullCounter(Time);
        var writer = new UsageWriter(counter);
        await writer.RunAsync([node], Cancel);
        Assert.Equal([ContentKeys.UsageSince], writes);
        writes.Clear();

        for (int i = 0; i < 500; i++)
        {
            counter.Note(node, Repo, DigestOf(i % 50), Latest);
            counter.Note(node, OtherRepo, DigestOf(i % 50), null);
        }

        UsageWritten written = await writer.RunAsync([node], Cancel);

        Assert.Equal(2, written.Repositories);
        Assert.Equal([ContentKeys.Usage(OtherRepo, ""), ContentKeys.Usage(Repo, "")], writes.Order(StringComparer.Ordinal));
        writes.Clear();
        Assert.Equal(0, (await writer.RunAsync([node], Cancel)).Repositories);
        Assert.Empty(writes);
    }

    [Fact]
    public async Task Two_nodes_that_write_at_once_add_up()
    {
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        var here = new PullCounter(Time);
        var there = new PullCounter(Time);
        here.Note(node, Repo, DigestOf(1), Latest);
        Time.Advance(TimeSpan.FromSeconds(5));
        there.Note(Root, Repo, DigestOf(1), Latest);
        there.Note(Root, Repo, DigestOf(2), null);
        long last = Time.GetUtcNow().ToUnixTimeSeconds();
        store.OnceBefore(static call => call.Is(StoreOperation.Put, ContentKeys.Usage(Repo)), async () => await WriteAsync(there, Root));

        await WriteAsync(here, node);

        Assert.Equal(new PullCount(last, 2), await FindAsync(DigestOf(1).Value));
        Assert.Equal(new PullCount(last, 2), await FindAsync("latest"));
        Assert.Equal(new PullCount(last, 1), await FindAsync(DigestOf(2).Value));
        Assert.Equal(new PullCount(last, 3), await new UsageStore(Root).SumAsync(Repo, Cancel));
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_counts_once()
    {
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        var counter = new PullCounter(Time);
        counter.Note(node, Repo, DigestOf(1), null);
        store.OnceAfter(static call => call.Is(StoreOperation.Put, ContentKeys.Usage(Repo)), static () => throw new StoreUnavailableException("The answer is lost."));

        await WriteAsync(counter, node);

        Assert.Equal(1, (await FindAsync(DigestOf(1).Value))?.Pulls);
        Assert.Equal(0, counter.Count);
    }

    [Fact]
    public async Task What_cannot_be_written_stays_and_does_not_keep_other_repositories_from_being_written()
    {
        var store = new HookedStore(Store.Share());
        ContentRoot node = Node(store);
        var counter = new PullCounter(Time);
        var writer = new UsageWriter(counter);
        counter.Note(node, Repo, DigestOf(1), Latest);
        counter.Note(node, OtherRepo, DigestOf(1), null);
        store.Before = static call => call.Is(StoreOperation.Put, ContentKeys.Usage(Repo)) ? throw new StoreUnavailableException("Not now.") : ValueTask.CompletedTask;

        UsageWritten written = await writer.RunAsync([node], Cancel);

        Assert.IsType<StoreUnavailableException>(written.Failure);
        Assert.Equal(1, written.Repositories);
        Assert.Equal(2, counter.Count);
        store.Before = null;
        counter.Note(node, Repo, DigestOf(1), Latest);
        await WriteAsync(counter, node);
        Assert.Equal(2, (await FindAsync(DigestOf(1).Value))?.Pulls);
        Assert.Equal(2, (await FindAsync("latest"))?.Pulls);
        Assert.Equal(1, (await new UsageStore(Root).SumAsync(OtherRepo, Cancel))?.Pulls);
    }

    [Fact]
    public async Task Pulls_that_come_while_others_are_written_are_counted()
    {
        const int Pullers = 4;
        const int Each = 5_000;
        var counter = new PullCounter(Time);
        var writer = new UsageWriter(counter);
        Task[] pulling = [.. Enumerable.Range(0, Pullers).Select(_ => Task.Run(
            () =>
            {
                for (int i = 0; i < Each; i++)
                {
                    counter.Note(Root, Repo, DigestOf(i % 3), null);
                }
            },
            Cancel))];
        while (!Task.WhenAll(pulling).IsCompleted)
        {
            Assert.Null((await writer.RunAsync([Root], Cancel)).Failure);
        }

        await WriteAsync(counter, Root);

        Assert.Equal(Pullers * Each, (await new UsageStore(Root).SumAsync(Repo, Cancel))?.Pulls);
        long sum = 0;
        for (int i = 0; i < 3; i++)
        {
            sum += (await FindAsync(DigestOf(i).Value))!.Value.Pulls;
        }

        Assert.Equal(Pullers * Each, sum);
        Assert.Equal(0, counter.Count);
    }

    [Fact]
    public async Task Memory_is_bounded_and_what_has_no_room_counts_as_pulled_altogether()
    {
        var counter = new PullCounter(Time, room: 10, repositoryRoom: 2);
        await WriteAsync(counter, Root);
        Time.Advance(TimeSpan.FromDays(1));
        Assert.False(counter.Crowded.TryRead(out _));
        for (int i = 0; i < 100; i++)
        {
            counter.Note(Root, Repo, DigestOf(i), Tag.Parse($"v{i}"));
        }

        Assert.Equal(11, counter.Count);
        Assert.True(counter.Crowded.TryRead(out _));
        Time.Advance(TimeSpan.FromDays(1));
        DateTimeOffset full = Time.GetUtcNow();
        counter.Note(Root, OtherRepo, DigestOf(1), null);
        counter.Note(Root, RepositoryName.Parse("library/third"), DigestOf(1), null);
        Assert.Equal(12, counter.Count);

        await WriteAsync(counter, Root);

        var store = new UsageStore(Root);
        Assert.Equal(100, (await store.SumAsync(Repo, Cancel))?.Pulls);
        Assert.Equal(1, (await store.SumAsync(OtherRepo, Cancel))?.Pulls);

        // The third repository had no place at all, so that nothing in the store is known to be unused before then.
        Assert.Equal(full, await store.ReadSinceAsync(Cancel));
        RepositoryUsage usage = await store.LoadAsync(RepositoryName.Parse("library/third"), Cancel);
        Assert.Equal(full, usage.LastUsed(DigestOf(1).Value));

        // There is room again.
        counter.Note(Root, RepositoryName.Parse("library/third"), DigestOf(1), null);
        await WriteAsync(counter, Root);
        Assert.Equal(1, (await store.SumAsync(RepositoryName.Parse("library/third"), Cancel))?.Pulls);
        Assert.Equal(full, await store.ReadSinceAsync(Cancel));
    }

    [Fact]
    public async Task Pulls_that_cannot_be_told_apart_make_everything_in_the_repository_used()
    {
        await WriteAsync(new PullCounter(Time), Root);
        DateTimeOffset begun = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromDays(1));
        var counter = new PullCounter(Time, room: 0, repositoryRoom: 1);
        counter.Note(Root, Repo, DigestOf(1), null);
        DateTimeOffset pulled = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromDays(1));
        await WriteAsync(counter, Root);

        Assert.Equal(pulled, (await new UsageStore(Root).LoadAsync(Repo, Cancel)).LastUsed("anything"));
        Assert.Equal(begun, (await new UsageStore(Root).LoadAsync(OtherRepo, Cancel)).LastUsed("anything"));
    }

    [Fact]
    public async Task Names_that_find_no_room_in_a_record_are_found_in_others()
    {
        var store = new UsageStore(Root, maxEntries: 4);
        string[] names = await ManifestsAsync(300);
        foreach (string[] some in names.Chunk(7))
        {
            await AddAsync(store, some);
        }

        await AddAsync(store, names);

        foreach (string name in names)
        {
            Assert.Equal(2, (await FindAsync(name))?.Pulls);
        }

        Assert.Equal(600, (await store.SumAsync(Repo, Cancel))?.Pulls);
        List<string> keys = await KeysAsync(ContentKeys.Usage(Repo));
        Assert.InRange(keys.Count, 300 / 4, 1 + 16 + 256);
        Assert.All(keys, static key => Assert.InRange(key.Length - key.LastIndexOf('/') - 1, 1, 3));
    }

    [Fact]
    public async Task Where_all_records_are_full_the_ones_pulled_longest_ago_make_room_and_may_have_been_pulled_then()
    {
        var store = new UsageStore(Root, maxEntries: 1);
        await store.BeginAsync(Cancel);
        string[] names = await ManifestsAsync(2_000);
        Time.Advance(TimeSpan.FromDays(1));
        await AddAsync(store, names[..1_000]);
        DateTimeOffset dropped = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromDays(1));
        await AddAsync(store, names[1_000..]);

        List<string> keys = await KeysAsync(ContentKeys.Usage(Repo));
        Assert.InRange(keys.Count, 17, 1 + 16 + 256);
        RepositoryUsage usage = await store.LoadAsync(Repo, Cancel);
        Assert.All(names, name => Assert.InRange(usage.LastUsed(name), dropped, Time.GetUtcNow()));
        Assert.Equal(2_000, (await store.SumAsync(Repo, Cancel))?.Pulls);
    }

    [Fact]
    public async Task What_is_gone_makes_room_for_what_is_there()
    {
        TestManifest kept = await Root.PushImageAsync(Repo, "kept");
        TestManifest gone = await Root.PushImageAsync(Repo, "gone");
        var store = new UsageStore(Root, maxEntries: 2);
        await AddAsync(store, [kept, gone]);
        await Root.Manifests.DeleteAsync(Repo, gone.Digest, Cancel);
        TestManifest young = await Root.PushImageAsync(Repo, "young");

        await AddAsync(store, [young]);

        Assert.Equal([ContentKeys.Usage(Repo, "")], await KeysAsync(ContentKeys.Usage(Repo)));
        Assert.NotNull(await FindAsync(kept));
        Assert.NotNull(await FindAsync(young));
        Assert.Null(await FindAsync(gone));
        Assert.Equal(3, (await store.SumAsync(Repo, Cancel))?.Pulls);
    }

    [Fact]
    public async Task What_cannot_be_read_keeps_its_place_and_no_pull_from_being_written()
    {
        TestManifest broken = await Root.PushImageAsync(Repo, "broken", "latest");
        var store = new UsageStore(Root, maxEntries: 2);
        var counter = new PullCounter(Time);
        counter.Note(Root, Repo, broken.Digest, Latest);
        await store.AddAsync(Repo, counter.Pending(), counter.Settle, Cancel);
        await Store.PutAsync(ContentKeys.Manifest(Repo, broken.Digest), Bytes("{\"state\":"), PutCondition.None, Cancel);
        await Store.PutAsync(ContentKeys.Tag(Repo, Latest), Bytes("{\"digest\":"), PutCondition.None, Cancel);

        await AddAsync(store, [DigestOf(1).Value]);

        Assert.NotNull(await FindAsync(broken.Digest.Value));
        Assert.NotNull(await FindAsync(Latest.Value));
        Assert.NotNull(await FindAsync(DigestOf(1).Value));
        Assert.Equal(2, (await store.SumAsync(Repo, Cancel))?.Pulls);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_begun_anew_and_until_then_everything_is_used()
    {
        await Store.PutAsync(ContentKeys.Usage(Repo, ""), Bytes("{\"pulls\":"), PutCondition.None, Cancel);
        Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(Time.GetUtcNow(), (await new UsageStore(Root).LoadAsync(Repo, Cancel)).LastUsed("anything"));

        DateTimeOffset mended = Time.GetUtcNow();
        await AddAsync(new UsageStore(Root), [DigestOf(1).Value]);
        await new UsageStore(Root).BeginAgainAsync(mended - TimeSpan.FromDays(100), Cancel);
        Time.Advance(TimeSpan.FromDays(3));

        Assert.Equal(1, (await FindAsync(DigestOf(1).Value))?.Pulls);
        Assert.Equal(mended, (await new UsageStore(Root).LoadAsync(Repo, Cancel)).LastUsed("anything"));
    }

    [Fact]
    public async Task The_largest_record_is_a_small_object()
    {
        var counter = new PullCounter(Time, room: 10_000);
        for (int i = 0; i < UsageStore.MaxEntries; i++)
        {
            counter.Note(Root, Repo, Sha512(BitConverter.GetBytes(i)), null);
        }

        await WriteAsync(counter, Root);

        SmallObject record = (await Store.GetAsync(ContentKeys.Usage(Repo, ""), Cancel))!;
        Assert.InRange(record.Content.Length, UsageStore.MaxEntries * 140, ObjectStoreLimits.MaxSmallObjectBytes / 16);
        Assert.Single(await KeysAsync(ContentKeys.Usage(Repo)));
    }

    [Fact]
    public async Task A_repository_that_is_erased_leaves_no_counts()
    {
        await Root.PushImageAsync(Repo, "one", "latest");
        var counter = new PullCounter(Time);
        counter.Note(Root, Repo, DigestOf(1), Latest);
        await WriteAsync(counter, Root);
        Assert.NotEmpty(await KeysAsync(ContentKeys.Usage(Repo)));

        await Root.Eraser.EraseAllAsync("library/", Cancel);

        Assert.Empty(await KeysAsync(ContentKeys.Usage(Repo)));
    }
}
