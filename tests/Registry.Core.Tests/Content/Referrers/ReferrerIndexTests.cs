using Registry.Content;
using Registry.Content.Records;
using Registry.Content.Referrers;
using Registry.Core.Tests.Simulation;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Content.Referrers;

public sealed class ReferrerIndexTests : ContentTest
{
    private static readonly TestManifest Subject = TestManifest.ImageOf("subject");

    private async Task<List<Referrer>> ListAsync(Digest subject, Digest? after = null, RepositoryName? repository = null) =>
        await Root.Referrers.ListAsync(repository ?? Repo, subject, after, Cancel).ToListAsync(Cancel);

    private async Task<List<Digest>> DigestsAsync(Digest subject) => [.. (await ListAsync(subject)).Select(static referrer => referrer.Descriptor.Digest)];

    private async Task<TestManifest> ReferAsync(string name, Digest? subject = null, params string[] tags)
    {
        TestManifest referrer = TestManifest.Referrer(subject ?? Subject.Digest, name);
        foreach (byte[] blob in TestManifest.BlobsOf(name))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        await Root.PushAsync(Repo, referrer, tags);
        return referrer;
    }

    // R3, D8
    [Fact]
    public async Task Nothing_refers_to_what_nobody_named()
    {
        await Root.PushImageAsync(Repo, "subject");
        await ReferAsync("signature");

        Assert.Empty(await ListAsync(Sha256("x"u8)));
        Assert.Empty(await ListAsync(Digest.Parse("sha256:" + new string('0', 64))));
        Assert.Empty(await ListAsync(Digest.Parse("blake3:00")));
        Assert.Empty(await ListAsync(Subject.Digest, repository: OtherRepo));
    }

    // R5
    [Fact]
    public async Task A_referrer_is_listed_with_its_descriptor_its_artifact_type_and_all_its_annotations()
    {
        Digest config = await Root.PushBlobAsync(Repo, Bytes("{}"));
        string more = $$""","subject":{{TestManifest.Descriptor(MediaTypes.OciManifest, Subject.Digest)}},"annotations":{"b":"2","a":"1"}""";
        TestManifest image = TestManifest.Image(config, [], more);
        TestManifest index = TestManifest.Index([], more);
        TestManifest typed = TestManifest.Index([], more + ",\"artifactType\":\"x/y\"");
        foreach (TestManifest manifest in new[] { image, index, typed })
        {
            await Root.PushAsync(Repo, manifest);
        }

        List<Referrer> referrers = await ListAsync(Subject.Digest);

        Assert.Equal(3, referrers.Count);
        Assert.All(referrers, static referrer => Assert.Equal([new("b", "2"), new("a", "1")], referrer.Annotations));
        foreach ((TestManifest manifest, string? artifactType) in new[] { (image, "application/vnd.oci.image.config.v1+json"), (index, null), (typed, "x/y") })
        {
            Referrer listed = Assert.Single(referrers, referrer => referrer.Descriptor.Digest == manifest.Digest);
            Assert.Equal(new Descriptor(manifest.MediaType, manifest.Digest, manifest.Content.Length), listed.Descriptor);
            Assert.Equal(artifactType, listed.ArtifactType);
        }
    }

    [Theory]
    [InlineData("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8")]
    [InlineData("x:=")]
    public async Task A_subject_may_be_of_any_algorithm(string subject)
    {
        TestManifest referrer = await ReferAsync("signature", Digest.Parse(subject));

        Assert.Equal([referrer.Digest], await DigestsAsync(Digest.Parse(subject)));
    }

    // R11, R12
    [Fact]
    public async Task A_referrer_is_listed_once_however_often_it_was_pushed_in_the_order_of_digests()
    {
        var referrers = new List<Digest>();
        for (int i = 0; i < 40; i++)
        {
            referrers.Add((await ReferAsync($"{i}", null, "tag", $"tag-{i}")).Digest);
        }

        await ReferAsync("3", null, "again");
        await Root.Manifests.DeleteAsync(Repo, referrers[5], Cancel);
        await ReferAsync("5");

        Assert.Equal(referrers.OrderBy(static digest => digest.Value, StringComparer.Ordinal), await DigestsAsync(Subject.Digest));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    // R8
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(256)]
    public async Task A_list_goes_on_after_any_digest_however_few_are_read_at_once(int concurrency)
    {
        Options.StoreConcurrency = concurrency;
        for (int i = 0; i < 20; i++)
        {
            await ReferAsync($"{i}");
        }

        List<Digest> all = await DigestsAsync(Subject.Digest);
        foreach (Digest after in all.Append(Sha256("x"u8)).Append(Sha512("x"u8)))
        {
            Assert.Equal(
                all.Where(digest => string.CompareOrdinal(digest.Value, after.Value) > 0),
                (await ListAsync(Subject.Digest, after)).Select(static referrer => referrer.Descriptor.Digest));
        }
    }

    // R9, R10
    [Fact]
    public async Task A_deleted_referrer_vanishes_and_a_deleted_tag_or_subject_changes_nothing()
    {
        await Root.PushImageAsync(Repo, "subject", "latest");
        TestManifest referrer = await ReferAsync("signature", null, "sig");

        await Root.Tags.DeleteAsync(Repo, Tag.Parse("sig"), Cancel);
        await Root.Manifests.DeleteAsync(Repo, Subject.Digest, Cancel);
        Assert.Equal([referrer.Digest], await DigestsAsync(Subject.Digest));
        await Root.PushImageAsync(Repo, "subject");
        Assert.Equal([referrer.Digest], await DigestsAsync(Subject.Digest));

        await Root.Manifests.DeleteAsync(Repo, referrer.Digest, Cancel);
        Assert.Empty(await ListAsync(Subject.Digest));
        Assert.Empty(await ContentInvariants.AtRestAsync(Store, Cancel));
    }

    // R14
    [Fact]
    public async Task A_Docker_manifest_refers_to_nothing()
    {
        Digest config = await Root.PushBlobAsync(Repo, Bytes("{}"));
        string document = $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.DockerManifest}}","config":{{TestManifest.Descriptor("x/y", config)}},"layers":[],"subject":{{TestManifest.Descriptor(MediaTypes.OciManifest, Subject.Digest)}}}""";

        await Root.PushAsync(Repo, TestManifest.Of(MediaTypes.DockerManifest, document));

        Assert.Empty(await ListAsync(Subject.Digest));
    }

    [Fact]
    public async Task Markers_that_a_crash_left_behind_count_for_nothing()
    {
        TestManifest live = await ReferAsync("live");
        TestManifest deleted = await ReferAsync("deleted");
        await Root.Manifests.DeleteAsync(Repo, deleted.Digest, Cancel);
        TestManifest other = await ReferAsync("other", Sha256("another subject"u8));
        string generation = (await ManifestRecordAsync(Repo, other.Digest))!.Record.Generation;
        foreach (string marker in new[]
        {
            ContentKeys.Referrer(Repo, Subject.Digest, live.Digest, Ids.Next()),
            ContentKeys.Referrer(Repo, Subject.Digest, deleted.Digest, Ids.Next()),
            ContentKeys.Referrer(Repo, Subject.Digest, Sha256("never pushed"u8), Ids.Next()),
            ContentKeys.Referrer(Repo, Subject.Digest, other.Digest, generation),
            ContentKeys.Referrers(Repo, Subject.Digest) + "something-else",
        })
        {
            await Store.PutAsync(marker, default, PutCondition.None, Cancel);
        }

        Assert.Equal([live.Digest], await DigestsAsync(Subject.Digest));
    }

    [Fact]
    public async Task A_referrer_that_is_being_pushed_is_not_listed_yet()
    {
        TestManifest referrer = TestManifest.Referrer(Subject.Digest, "signature");
        foreach (byte[] blob in TestManifest.BlobsOf("signature"))
        {
            await Root.PushBlobAsync(Repo, blob);
        }

        var store = new HookedStore(Store)
        {
            After = async _ =>
            {
                bool live = (await ManifestRecordAsync(Repo, referrer.Digest))?.Record.State == ManifestState.Live;
                Assert.Equal(live ? 1 : 0, (await ListAsync(Subject.Digest)).Count);
            },
        };

        await Node(store).PushAsync(Repo, referrer);

        Assert.Single(await ListAsync(Subject.Digest));
    }
}
