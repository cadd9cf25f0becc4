using Microsoft.Extensions.Logging.Abstractions;
using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Scrubbing;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Scrubbing;

public sealed class ScrubRunTests : ScrubTest
{
    private const int Blobs = 20;

    private async Task PushBlobsAsync()
    {
        for (int i = 0; i < Blobs; i++)
        {
            await Root.PushBlobAsync(Repo, Bytes(100 + i, i));
        }
    }

    [Fact]
    public async Task Another_host_goes_on_where_a_scrub_was_stopped()
    {
        await PushBlobsAsync();
        await CorruptAsync((await FirstBlobAsync())!.Value);
        using var stop = new CancellationTokenSource();
        int read = 0;
        var hooked = new HookedStore(Store);
        hooked.Before = call =>
        {
            if (call.Is(StoreOperation.OpenRead, ContentKeys.DataPrefix) && ++read == 10)
            {
                stop.Cancel();
            }

            return default;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new Scrub(Node(hooked), null, NullLogger.Instance).RunAsync(new ScrubOptions { KeysPerSave = 1 }, stop.Token));
        int before = read;

        ScrubReport report = await ScrubAsync(root: Node(hooked));

        Assert.Equal(Blobs, report.Blobs);
        Assert.InRange(read - before, Blobs - 10, Blobs - 7);
        Assert.NotNull(report.Ended);
        Single(report, ScrubFindingKind.BlobCorrupt);
        Assert.Equal(report.Id, (await new Scrub(Root, null, NullLogger.Instance).ReadReportAsync(Cancel))!.Id);

        // The next one begins anew.
        Assert.NotEqual(report.Id, (await ScrubAsync()).Id);
    }

    [Fact]
    public async Task A_scrub_that_another_host_is_at_is_left_to_it_until_it_is_taken_to_be_gone()
    {
        await PushBlobsAsync();
        ScrubReport? other = null;
        var hooked = new HookedStore(Store);
        hooked.OnceBefore(static call => call.Is(StoreOperation.OpenRead, ContentKeys.DataPrefix), async () => other = await ScrubAsync(root: Node()));

        ScrubReport report = await ScrubAsync(root: Node(hooked));

        Assert.NotNull(report.Ended);
        Assert.Equal(report.Id, other!.Id);
        Assert.Null(other.Ended);
        Assert.Equal(0, other.Blobs);
    }

    [Fact]
    public async Task A_host_that_was_taken_to_be_gone_stops_when_it_notices()
    {
        await PushBlobsAsync();
        ScrubReport? other = null;
        var hooked = new HookedStore(Store);
        hooked.OnceBefore(static call => call.Is(StoreOperation.OpenRead, ContentKeys.DataPrefix), async () =>
        {
            Time.Advance(TimeSpan.FromMinutes(20));
            other = await ScrubAsync(root: Node());
        });

        ScrubReport report = await ScrubAsync(root: Node(hooked));

        Assert.NotNull(other!.Ended);
        Assert.Equal(Blobs, other.Blobs);
        Assert.Null(report.Ended);
        Assert.InRange(report.Blobs, 0, 2);
        Assert.NotNull((await new Scrub(Root, null, NullLogger.Instance).ReadReportAsync(Cancel))!.Ended);
    }

    [Theory]
    [InlineData("blob")]
    [InlineData("manifest")]
    [InlineData("tag")]
    [InlineData("upload")]
    [InlineData("notes")]
    public async Task A_record_that_the_store_cannot_read_is_reported_and_the_others_are_looked_at(string what)
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        await Root.PushImageAsync(OtherRepo, "other", "latest");
        string session = await Root.StartAsync(Repo);
        Time.Advance(Day);
        string key = what switch
        {
            "blob" => ContentKeys.Blob(LayerOf("app")),
            "manifest" => ContentKeys.Manifest(Repo, image.Digest),
            "tag" => ContentKeys.Tag(Repo, Tag.Parse("latest")),
            "upload" => ContentKeys.Upload(session),
            _ => ScrubKeys.Suspects,
        };
        var failing = new HookedStore(Store) { Before = call => call.Is(StoreOperation.Get, key) ? throw new IOException("bad sector") : default };

        ScrubReport report = await ScrubAsync(await SourceOfAsync("app"), root: Node(failing));

        Assert.NotNull(report.Ended);
        ScrubFinding found = Single(report, ScrubFindingKind.RecordCorrupt);
        Assert.Equal((key, ScrubAction.Reported), (found.Key, found.Action));
        Assert.Contains("bad sector", found.Detail, StringComparison.Ordinal);
        Assert.Equal((what == "blob" ? 4 : 5, what == "manifest" ? 1 : 2, what == "tag" ? 1 : 2), (report.Blobs, report.Manifests, report.Tags));
        Assert.DoesNotContain(report.Findings, static finding => finding.Action != ScrubAction.Reported);
        Assert.Empty((await ScrubAsync()).Findings);
    }

    [Fact]
    public async Task A_store_that_is_away_stops_the_scrub_which_is_gone_on_with_at_the_same_key()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        bool gone = false;
        var away = new HookedStore(Store) { Before = call => (gone |= call.Is(StoreOperation.Get, ContentKeys.RepositoriesPrefix)) ? throw new IOException("no route") : default };

        await Assert.ThrowsAsync<IOException>(() => ScrubAsync(root: Node(away)));
        Time.Advance(TimeSpan.FromMinutes(20));
        ScrubReport report = await ScrubAsync();

        Assert.Empty(report.Findings);
        Assert.Equal((1, 1), (report.Manifests, report.Tags));
    }

    [Fact]
    public async Task A_sign_of_life_that_cannot_be_written_says_nothing_of_the_bytes_that_are_read()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        string data = await DataKeyAsync(LayerOf("app"));
        bool isLate = false;
        int failed = 0;
        var hooked = new HookedStore(Store);
        hooked.OnceAfter(call => call.Is(StoreOperation.OpenRead, data), () =>
        {
            Time.Advance(TimeSpan.FromMinutes(2));
            isLate = true;
            return default;
        });
        hooked.Before = call => isLate && call.Is(StoreOperation.Put, ScrubKeys.Progress) && failed++ == 0 ? throw new IOException("A cable was pulled.") : default;

        ScrubReport report = await ScrubAsync(root: Node(hooked));

        Assert.True(failed > 0);
        Assert.NotNull(report.Ended);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public async Task Findings_beyond_the_limit_are_counted()
    {
        await PushBlobsAsync();
        foreach (string key in await KeysAsync(ContentKeys.DataPrefix))
        {
            await Store.DeleteAsync(key, Cancel);
        }

        ScrubReport report = await ScrubAsync(configure: static options => options.MaxFindings = 3);

        Assert.Equal((3, Blobs - 3), (report.Findings.Count, report.FindingsOmitted));
    }

    [Fact]
    public async Task A_session_without_bytes_ends_when_it_is_old_and_others_stay()
    {
        string half = await Root.StartAsync(Repo);
        string whole = await Root.StartAsync(Repo);
        await Root.Uploads.AppendAsync(Repo, whole, Pushing.Body(Bytes(10)), null, Cancel);
        UploadRecord record = (await Records.ReadAsync<UploadRecord>(ContentKeys.Upload(half), Cancel))!.Record;
        await Store.AbortUploadAsync(new UploadToken(record.Token), Cancel);

        Assert.Empty((await ScrubAsync()).Findings);
        Time.Advance(Day);
        ScrubReport report = await ScrubAsync();

        Assert.Equal(ScrubAction.Dropped, Single(report, ScrubFindingKind.UploadHalf).Action);
        Assert.Equal(2, report.Uploads);
        Assert.Equal([ContentKeys.Upload(whole)], await KeysAsync(ContentKeys.UploadsPrefix));
        Assert.Equal(UploadResultOf(10), await Root.Uploads.StatusAsync(Repo, whole, Cancel));
    }

    [Fact]
    public async Task Options_out_of_range_are_named()
    {
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(() => ScrubAsync(configure: static options => (options.BytesPerSecond, options.MaxFindings) = (1, 0)));

        Assert.Contains("BytesPerSecond is 1", e.Message, StringComparison.Ordinal);
        Assert.Contains("MaxFindings is 0", e.Message, StringComparison.Ordinal);
    }

    private static Registry.Content.Uploads.UploadResult UploadResultOf(long offset) => Registry.Content.Uploads.UploadResult.Accepted(offset);

    private async Task<Digest?> FirstBlobAsync() => ContentKeys.TryParseBlob((await KeysAsync(ContentKeys.BlobsPrefix))[0], out Digest digest) ? digest : null;
}
