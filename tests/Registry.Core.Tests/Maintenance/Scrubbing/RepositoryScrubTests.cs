using Registry.Content;
using Registry.Content.Records;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Scrubbing;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Maintenance.Scrubbing;

public sealed class RepositoryScrubTests : ScrubTest
{
    [Fact]
    public async Task A_missing_ref_is_written_again_and_a_condemned_blob_comes_back()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        string generation = (await ManifestRecordAsync(Repo, image.Digest))!.Record.Generation;
        string reference = ContentKeys.ManifestRef(LayerOf("app"), Repo, image.Digest, generation);
        await Store.DeleteAsync(reference, Cancel);
        await SetStateAsync(LayerOf("app"), BlobState.Condemned);

        ScrubFinding found = Assert.Single((await ScrubAsync()).Findings);

        Assert.Equal((ScrubFindingKind.RefMissing, ScrubAction.Mended, reference), (found.Kind, found.Action, found.Key));
        Assert.Equal(BlobState.Live, (await BlobRecordAsync(LayerOf("app")))!.Record.State);
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manifest_whose_blob_was_collected_is_reported_by_name_or_made_whole(bool hasSource)
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        Versioned<BlobRecord> blob = (await BlobRecordAsync(LayerOf("app")))!;
        await Store.DeleteAsync(ContentKeys.Blob(LayerOf("app")), Cancel);
        await Store.DeleteAsync(blob.Record.Data, Cancel);

        ScrubFinding found = Assert.Single((await ScrubAsync(hasSource ? await SourceOfAsync("app") : null)).Findings);

        Assert.Equal((ScrubFindingKind.ManifestNotWhole, hasSource ? ScrubAction.Mended : ScrubAction.Reported), (found.Kind, found.Action));
        Assert.Contains(LayerOf("app").Value, found.Detail, StringComparison.Ordinal);
        Assert.Equal(hasSource ? [] : [$"{Repo}@{image.Digest}"], found.Manifests);
        Assert.Equal(hasSource, await Node().ReadBlobAsync(Repo, LayerOf("app")) is not null);
    }

    [Fact]
    public async Task A_manifest_with_other_bytes_is_not_served_and_its_next_push_makes_it_live()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        await BreakManifestAsync(Repo, image);

        ScrubReport report = await ScrubAsync();

        Assert.Equal(ScrubAction.Quarantined, Single(report, ScrubFindingKind.ManifestCorrupt).Action);
        Assert.Null(await Root.PullAsync(Repo, image));
        Assert.Null(await Root.PullAsync(Repo, "latest"));
        Assert.Single(await KeysAsync(ScrubKeys.QuarantinedRecordsPrefix + "repos/"));

        // What it names is held for it meanwhile.
        await Root.PushAsync(Repo, image, "latest");
        Assert.Equal(image.Content, (await Root.PullAsync(Repo, "latest"))!.Content.ToArray());
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_manifest_with_other_bytes_is_mended_from_a_good_copy()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        await BreakManifestAsync(Repo, image);

        ScrubFinding found = Assert.Single((await ScrubAsync(await SourceOfAsync("app"))).Findings);

        Assert.Equal((ScrubFindingKind.ManifestCorrupt, ScrubAction.Mended), (found.Kind, found.Action));
        Assert.Equal(image.Content, (await Root.PullAsync(Repo, "latest"))!.Content.ToArray());
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_sparse_index_is_left_as_it_is()
    {
        Options.AllowSparseIndexes = true;
        ContentRoot root = Node();
        TestManifest left = await root.PushImageAsync(OtherRepo, "left out");
        TestManifest child = await root.PushImageAsync(Repo, "child");
        await root.PushAsync(Repo, TestManifest.Index([child.Digest, left.Digest]), "all");

        Assert.Empty((await ScrubAsync(root: root)).Findings);

        Assert.DoesNotContain(await KeysAsync("refs/"), key => key.StartsWith(ContentKeys.Refs(left.Digest, Repo), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Markers_of_tags_and_referrers_and_the_catalog_are_written_again()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        foreach (byte[] blob in TestManifest.BlobsOf("signature"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        await Root.PushAsync(Repo, TestManifest.Referrer(image.Digest, "signature"));
        foreach (string key in (await KeysAsync("repos/")).Where(static key => key.Split('/')[2] is "tag-names" or "tagged" or "referrers").Append(ContentKeys.Catalog(Repo)))
        {
            await Store.DeleteAsync(key, Cancel);
        }

        ScrubReport report = await ScrubAsync(root: Node());

        Assert.Equal(
            [ScrubFindingKind.CatalogMissing, ScrubFindingKind.ReferrerMissing, ScrubFindingKind.TagNameMissing, ScrubFindingKind.TagWayMissing],
            report.Findings.Select(static finding => finding.Kind).OrderBy(static kind => kind.ToString(), StringComparer.Ordinal));
        Assert.All(report.Findings, static finding => Assert.Equal(ScrubAction.Mended, finding.Action));
        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
        Assert.Equal([Repo.Value], (await Node().Catalog.ListAsync("", null, 10, Cancel)).Names);
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    [Fact]
    public async Task A_tag_that_outlived_its_manifest_is_dropped_when_it_is_old()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        Versioned<ManifestRecord> manifest = (await ManifestRecordAsync(Repo, image.Digest))!;
        await Records.PutAsync(ContentKeys.Manifest(Repo, image.Digest), manifest.Record with { State = ManifestState.Deleted, Content = default }, manifest, Cancel);

        Assert.Empty((await ScrubAsync()).Findings);
        Time.Advance(Day);
        ScrubReport report = await ScrubAsync();

        Assert.Equal(ScrubAction.Dropped, Single(report, ScrubFindingKind.TagDangling).Action);
        Assert.Empty(await Root.TagsAsync(Repo));
        Assert.DoesNotContain(await KeysAsync("repos/"), static key => key.Split('/')[2] is "tag-names" or "tagged");
    }

    [Fact]
    public async Task A_tag_whose_manifest_was_deleted_and_pushed_again_without_it_is_dropped_too()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        Versioned<ManifestRecord> manifest = (await ManifestRecordAsync(Repo, image.Digest))!;
        await Records.PutAsync(ContentKeys.Manifest(Repo, image.Digest), manifest.Record with { State = ManifestState.Deleted, Content = default }, manifest, Cancel);
        Time.Advance(Day);
        await Root.PushAsync(Repo, image, "other");

        ScrubReport report = await ScrubAsync();

        Assert.Equal(ScrubAction.Dropped, Single(report, ScrubFindingKind.TagDangling).Action);
        Assert.Equal(["other"], await Root.TagsAsync(Repo));
        Assert.NotNull(await Root.PullAsync(Repo, "other"));
    }

    [Fact]
    public async Task A_tag_whose_manifest_was_lost_is_kept_since_it_is_what_tells_of_it()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        await Store.DeleteAsync(ContentKeys.Manifest(Repo, image.Digest), Cancel);
        Time.Advance(Day);

        Assert.Equal(ScrubAction.Reported, Single(await ScrubAsync(), ScrubFindingKind.TagDangling).Action);

        Assert.Equal(image.Digest, (await Root.Tags.FindAsync(Repo, Tag.Parse("latest"), Cancel))?.Digest);
    }

    [Fact]
    public async Task Markers_that_count_for_nothing_are_dropped_when_they_are_old()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        string generation = Ids.Next();
        string[] stale =
        [
            ContentKeys.TagName(Repo, Tag.Parse("latest"), generation),
            ContentKeys.TagName(Repo, Tag.Parse("never"), generation),
            ContentKeys.Tagged(Repo, image.Digest, Tag.Parse("latest"), generation),
            ContentKeys.Referrer(Repo, image.Digest, LayerOf("app"), generation),
        ];
        foreach (string key in stale)
        {
            await Store.PutMarkerAsync(key, Cancel);
        }

        Assert.Empty((await ScrubAsync()).Findings);
        Time.Advance(Day);
        ScrubReport report = await ScrubAsync();

        Assert.Equal(stale.Order(StringComparer.Ordinal), report.Findings.Where(static finding => finding.Kind == ScrubFindingKind.StaleMarker).Select(static finding => finding.Key).Order(StringComparer.Ordinal));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
        Assert.Equal(["latest"], await Root.TagsAsync(Repo));
    }

    [Fact]
    public async Task What_other_features_keep_in_a_repository_is_jumped_over()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        foreach (string section in (string[])["aardvark", "manifestx", "tag-other", "zebra"])
        {
            for (int i = 0; i < 5; i++)
            {
                await Store.PutAsync($"repos/library._app/{section}/{i}", "{}"u8.ToArray(), PutCondition.None, Cancel);
            }
        }

        var hooked = new HookedStore(Store);
        int reads = 0;
        hooked.Before = call =>
        {
            reads += call.Operation == StoreOperation.Get && call.Key.Contains("/zebra/", StringComparison.Ordinal) ? 1 : 0;
            return default;
        };
        ScrubReport report = await ScrubAsync(root: Node(hooked));

        Assert.Empty(report.Findings);
        Assert.Equal((1, 1, 0), (report.Manifests, report.Tags, reads));
    }

    [Fact]
    public async Task An_object_that_is_none_of_a_registry_s_is_reported_and_what_comes_after_it_is_looked_at()
    {
        await Root.PushImageAsync(Repo, "app", "latest");
        string[] foreign =
        [
            "repos/desktop.ini",
            .. Enumerable.Range(0, 250).Select(static i => $"repos/library._app/manifests/sha256/-{i:000}"), // More than are listed at a time.
            $"repos/library._app/manifests/more/sha256/{LayerOf("app").Encoded}",
            "repos/library._app/tags/.DS_Store",
            "repos/library._app/tags/more/latest",
        ];
        foreach (string key in foreign)
        {
            await Store.PutAsync(key, "{}"u8.ToArray(), PutCondition.None, Cancel);
        }

        ScrubReport report = await ScrubAsync();

        Assert.Equal(foreign.Order(StringComparer.Ordinal), report.Findings.Select(static finding => finding.Key).Order(StringComparer.Ordinal));
        Assert.All(report.Findings, static finding => Assert.Equal((ScrubFindingKind.UnknownObject, ScrubAction.Reported), (finding.Kind, finding.Action)));
        Assert.Equal((1, 1), (report.Manifests, report.Tags));
    }

    /// <summary>A push of it would bring all its bytes, and then not be able to put its record: again and again.</summary>
    [Fact]
    public async Task A_blob_whose_record_nobody_can_read_is_not_stored_anew_and_the_refs_to_it_and_to_others_are()
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        StoreScrubSource source = await SourceOfAsync("app");
        List<string> refs = [.. (await KeysAsync(ContentKeys.RefsPrefix)).Where(static key => !key.Contains("/lease-", StringComparison.Ordinal))];
        foreach (string key in refs)
        {
            await Store.DeleteAsync(key, Cancel);
        }

        List<string> data = await KeysAsync(ContentKeys.DataPrefix);
        await PutTooLargeAsync(Store, ContentKeys.Blob(LayerOf("app")));

        int begun = 0;
        var counting = new HookedStore(Store);
        counting.Before = call =>
        {
            begun += call.Operation == StoreOperation.BeginUpload ? 1 : 0;
            return default;
        };
        ScrubReport report = await ScrubAsync(source, root: Node(counting));

        Assert.NotNull(report.Ended);
        Assert.Equal(0, begun);
        ScrubFinding found = Single(report, ScrubFindingKind.ManifestNotWhole);
        Assert.Equal((ScrubAction.Reported, $"{Repo}@{image.Digest}"), (found.Action, Assert.Single(found.Manifests)));
        Assert.Contains(LayerOf("app").Value, found.Detail, StringComparison.Ordinal);
        Assert.Equal(refs.Count, report.Findings.Count(static finding => finding is { Kind: ScrubFindingKind.RefMissing, Action: ScrubAction.Mended }));
        Assert.Equal(data, await KeysAsync(ContentKeys.DataPrefix));
    }

    [Theory]
    [InlineData("blob", false)]
    [InlineData("manifest", false)]
    [InlineData("tag", false)]
    [InlineData("tag", true)]
    public async Task A_record_that_nobody_can_read_is_reported_and_the_others_are_looked_at(string what, bool onlyDigest)
    {
        TestManifest image = await Root.PushImageAsync(Repo, "app", "latest");
        await Root.PushImageAsync(Repo, "other", "other");
        string key = what switch
        {
            "blob" => ContentKeys.Blob(LayerOf("app")),
            "manifest" => ContentKeys.Manifest(Repo, image.Digest),
            _ => ContentKeys.Tag(Repo, Tag.Parse("latest")),
        };
        if (onlyDigest)
        {
            TagRecord record = (await Root.Records.ReadAsync<TagRecord>(key, Cancel))!.Record;
            await Store.PutAsync(key, (record with { Digest = "sha256:none" }).Encode(), PutCondition.None, Cancel);
        }
        else
        {
            await PutTooLargeAsync(Store, key);
        }

        ScrubReport report = await ScrubAsync();

        ScrubFinding found = Single(report, ScrubFindingKind.RecordCorrupt);
        Assert.Equal((key, ScrubAction.Reported), (found.Key, found.Action));
        Assert.Equal((what == "manifest" ? 1 : 2, what == "tag" ? 1 : 2), (report.Manifests, report.Tags));
        Assert.NotNull(await Root.PullAsync(Repo, "other"));
    }

    /// <summary>Between any two steps of the scrub, a client deletes the manifest, or moves its tag: nothing of it comes back.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_deleted_while_it_is_looked_at_stays_deleted(bool onlyTag)
    {
        for (int step = 1; ; step++)
        {
            using var world = new ScrubWorld();
            ContentRoot root = world.NewNode();
            TestManifest image = await root.PushImageAsync(Repo, "app", "latest");
            await foreach (string key in world.InMemory.ListAllAsync("", Cancel))
            {
                if (key.StartsWith("refs/", StringComparison.Ordinal) || key.Split('/') is ["repos", _, "tag-names", ..])
                {
                    await world.InMemory.DeleteAsync(key, Cancel);
                }
            }

            var hooked = new HookedStore(world.InMemory);
            Func<bool> reached = hooked.BeforeStep(step, async () =>
            {
                Assert.True(onlyTag
                    ? await root.Tags.DeleteAsync(Repo, Tag.Parse("latest"), Cancel)
                    : await root.Manifests.DeleteAsync(Repo, image.Digest, Cancel));
            });
            await ScrubWorld.RunAsync(null, world.NewNode(hooked));
            if (!reached())
            {
                Assert.InRange(step, 10, 300);
                return;
            }

            Assert.Empty(await world.NewNode().TagsAsync(Repo));
            Assert.Empty(await ContentInvariants.AlwaysAsync(world.InMemory, Cancel));
            if (!onlyTag)
            {
                Assert.DoesNotContain(await KeysAsync(world.InMemory, "refs/"), key => key.Contains(image.Digest.Encoded.ToString(), StringComparison.Ordinal));
            }
        }
    }

    private async Task BreakManifestAsync(RepositoryName repository, TestManifest image)
    {
        string key = ContentKeys.Manifest(repository, image.Digest);
        byte[] bytes = (await Store.GetAsync(key, Cancel))!.Content.ToArray();
        int place = bytes.AsSpan().IndexOf("\"config\""u8);
        bytes[place + 2] = (byte)'0';
        await Store.PutAsync(key, bytes, PutCondition.None, Cancel);
    }
}
