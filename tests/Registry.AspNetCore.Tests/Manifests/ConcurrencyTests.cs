using System.Net;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Manifests;

/// <summary>Pushes, pulls and deletions of the same things at the same time.</summary>
public sealed class ConcurrencyTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    [Fact]
    [Trait("Protocol", "W7")]
    [Trait("Protocol", "W8")]
    public async Task Many_may_push_the_same_manifest_at_once()
    {
        byte[] manifest = Images.Index("");

        await Task.WhenAll(Enumerable.Range(0, 24).Select(i =>
            _client.PutManifestAsync(_repository, i % 3 == 0 ? "v1" : i % 3 == 1 ? $"t{i}" : Images.Sha256(manifest), manifest, Images.OciIndex).ShouldBeAsync(HttpStatusCode.Created)));

        Assert.Equal(manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/v1")).BytesAsync());
        Assert.Equal(9, (await (await _client.FetchAsync($"/v2/{_repository}/tags/list")).JsonAsync()).GetProperty("tags").GetArrayLength());
    }

    [Fact]
    [Trait("Protocol", "E1")]
    [Trait("Protocol", "E9")]
    public async Task A_push_and_a_deletion_of_the_same_manifest_come_one_after_the_other()
    {
        byte[] manifest = Images.Referrer(Images.Unknown);
        string digest = Images.Sha256(manifest);
        await _client.PushEmptyConfigAsync(_repository);
        for (int round = 0; round < 40; round++)
        {
            Task<HttpResponseMessage> push = _client.PutManifestAsync(_repository, "v1", manifest);
            Task<HttpResponseMessage> delete = _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/{digest}");
            await push.ShouldBeAsync(HttpStatusCode.Created);
            Assert.Contains((await delete).StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.NotFound]);

            bool byTag = (await _client.FetchAsync($"/v2/{_repository}/manifests/v1")).StatusCode == HttpStatusCode.OK;
            bool byDigest = (await _client.FetchAsync($"/v2/{_repository}/manifests/{digest}")).StatusCode == HttpStatusCode.OK;
            int listed = (await (await _client.FetchAsync($"/v2/{_repository}/tags/list")).JsonAsync()).GetProperty("tags").GetArrayLength();
            int referrers = (await (await _client.FetchAsync($"/v2/{_repository}/referrers/{Images.Unknown}")).JsonAsync()).GetProperty("manifests").GetArrayLength();

            Assert.Equal(byTag, byDigest);
            Assert.Equal(byTag ? 1 : 0, listed);
            Assert.Equal(byTag ? 1 : 0, referrers);
        }
    }

    [Fact]
    [Trait("Protocol", "W7")]
    public async Task A_tag_that_moves_and_whose_old_manifest_is_deleted_can_be_pulled_all_the_while()
    {
        (RegistryHost host, FaultyStore store) = await FaultyStore.StartAsync();
        await using RegistryHost disposed = host;
        PushedImage before = await host.Client.PushImageAsync("app", "latest", "before");
        PushedImage after = await host.Client.PushImageAsync("app", null, "after");
        store.BeforeGetAsync = async key =>
        {
            // The tag has been looked up, and its manifest not yet.
            if (key.EndsWith(before.Digest["sha256:".Length..], StringComparison.Ordinal))
            {
                store.BeforeGetAsync = null;
                await host.Client.PutManifestAsync("app", "latest", after.Manifest).ShouldBeAsync(HttpStatusCode.Created);
                await host.Client.AskAsync("DELETE", $"/v2/app/manifests/{before.Digest}").ShouldBeAsync(HttpStatusCode.Accepted);
            }
        };

        HttpResponseMessage pulled = await host.Client.FetchAsync("/v2/app/manifests/latest").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(after.Manifest, await pulled.BytesAsync());
    }
}
