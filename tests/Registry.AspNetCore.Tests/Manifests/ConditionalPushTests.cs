using System.Globalization;
using System.Net;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Manifests;

public sealed class ConditionalPushTests(OpenRegistry registry) : IClassFixture<OpenRegistry>
{
    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();

    // {0} is what the tag points at, {1} what is pushed.
    [Theory]
    [Trait("Protocol", "W14")]
    [InlineData("If-Match", "\"{0}\"", true)]
    [InlineData("If-Match", "{0}", true)]
    [InlineData("If-Match", "*", true)]
    [InlineData("If-Match", "\"other\", \"{0}\"", true)]
    [InlineData("If-Match", "\"{1}\"", false)]
    [InlineData("If-Match", "\"other\"", false)]
    [InlineData("If-Match", "", false)]
    [InlineData("If-None-Match", "*", false)]
    [InlineData("If-None-Match", "\"{0}\"", false)]
    [InlineData("If-None-Match", "\"other\", \"{0}\"", false)]
    [InlineData("If-None-Match", "\"{1}\"", true)]
    [InlineData("If-None-Match", "\"other\"", true)]
    public async Task A_tag_moves_only_if_the_condition_on_where_it_points_holds(string header, string value, bool holds)
    {
        PushedImage before = await _client.PushImageAsync(_repository, "v1", "before");
        byte[] after = Images.Index("");
        value = string.Format(CultureInfo.InvariantCulture, value, before.Digest, Images.Sha256(after));

        Task<HttpResponseMessage> push = _client.PutManifestAsync(_repository, "v1", after, Images.OciIndex, (header, value));

        if (holds)
        {
            await push.ShouldBeAsync(HttpStatusCode.Created);
            Assert.Equal(after, await (await _client.FetchAsync($"/v2/{_repository}/manifests/v1")).BytesAsync());
        }
        else
        {
            HttpResponseMessage refused = await push.ShouldBeAsync(HttpStatusCode.PreconditionFailed);
            Assert.NotEmpty(await refused.ErrorsAsync());
            Assert.Equal(before.Manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/v1")).BytesAsync());
        }
    }

    // {0} is what the tag points at.
    [Theory]
    [Trait("Protocol", "W14")]
    [InlineData("If-Match", "\"{0}\"", true, true)]
    [InlineData("If-Match", "*", true, true)]
    [InlineData("If-Match", "\"" + Images.Unknown + "\"", true, false)]
    [InlineData("If-Match", "\"" + Images.Unknown + "\"", false, false)]
    [InlineData("If-None-Match", "\"{0}\"", true, false)]
    [InlineData("If-None-Match", "\"{0}\"", false, false)]
    [InlineData("If-None-Match", "\"" + Images.Unknown + "\"", true, true)]
    public async Task What_does_not_meet_the_condition_is_not_deleted(string header, string value, bool byTag, bool holds)
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1", "image");
        string address = $"/v2/{_repository}/manifests/{(byTag ? "v1" : image.Digest)}";

        HttpResponseMessage answer = await _client.AskAsync("DELETE", address, null, (header, string.Format(CultureInfo.InvariantCulture, value, image.Digest)))
            .ShouldBeAsync(holds ? HttpStatusCode.Accepted : HttpStatusCode.PreconditionFailed);

        Assert.True(holds || (await answer.ErrorsAsync()).Length > 0);
        await _client.FetchAsync($"/v2/{_repository}/manifests/v1").ShouldBeAsync(holds ? HttpStatusCode.NotFound : HttpStatusCode.OK);
        await _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/other", null, (header, "*")).ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [Trait("Protocol", "W14")]
    [InlineData("If-Match", "*", false)]
    [InlineData("If-Match", "\"" + Images.Unknown + "\"", false)]
    [InlineData("If-None-Match", "*", true)]
    [InlineData("If-None-Match", "\"" + Images.Unknown + "\"", true)]
    public async Task A_tag_that_is_not_there_matches_nothing(string header, string value, bool holds)
    {
        await _client.PutManifestAsync(_repository, "v1", Images.Index(""), Images.OciIndex, (header, value))
            .ShouldBeAsync(holds ? HttpStatusCode.Created : HttpStatusCode.PreconditionFailed);

        await _client.FetchAsync($"/v2/{_repository}/manifests/v1").ShouldBeAsync(holds ? HttpStatusCode.OK : HttpStatusCode.NotFound);
    }

    // {0} is what the tag points at.
    [Theory]
    [Trait("Protocol", "W14")]
    [InlineData("\"{0}\"", "\"other\"", true)]
    [InlineData("*", "*", false)]
    [InlineData("*", "\"{0}\"", false)]
    [InlineData("\"other\"", "\"other\"", false)]
    public async Task Of_two_conditions_both_have_to_hold(string match, string noneMatch, bool holds)
    {
        PushedImage before = await _client.PushImageAsync(_repository, "v1", "before");
        (string Name, string Value)[] headers =
        [
            ("If-Match", string.Format(CultureInfo.InvariantCulture, match, before.Digest)),
            ("If-None-Match", string.Format(CultureInfo.InvariantCulture, noneMatch, before.Digest)),
        ];

        await _client.PutManifestAsync(_repository, "v1", Images.Index(""), Images.OciIndex, headers).ShouldBeAsync(holds ? HttpStatusCode.Created : HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task A_deleted_tag_matches_nothing()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "v1");
        await _client.AskAsync("DELETE", $"/v2/{_repository}/manifests/v1").ShouldBeAsync(HttpStatusCode.Accepted);

        await _client.PutManifestAsync(_repository, "v1", image.Manifest, Images.Oci, ("If-Match", $"\"{image.Digest}\"")).ShouldBeAsync(HttpStatusCode.PreconditionFailed);
        await _client.PutManifestAsync(_repository, "v1", image.Manifest, Images.Oci, ("If-None-Match", "*")).ShouldBeAsync(HttpStatusCode.Created);
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task A_push_whose_condition_does_not_hold_leaves_nothing_behind()
    {
        await _client.PushImageAsync(_repository, "v1");
        byte[] manifest = Images.Index("");

        await _client.PutManifestAsync(_repository, "v1", manifest, Images.OciIndex, ("If-None-Match", "*")).ShouldBeAsync(HttpStatusCode.PreconditionFailed);

        await _client.FetchAsync($"/v2/{_repository}/manifests/{Images.Sha256(manifest)}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task Of_several_tags_none_moves_when_the_condition_does_not_hold_for_one()
    {
        PushedImage image = await _client.PushImageAsync(_repository, "b");
        byte[] manifest = Images.Index("");

        await _client.PutManifestAsync(_repository, $"{Images.Sha256(manifest)}?tag=a&tag=b", manifest, Images.OciIndex, ("If-None-Match", "*"))
            .ShouldBeAsync(HttpStatusCode.PreconditionFailed);

        await _client.FetchAsync($"/v2/{_repository}/manifests/a").ShouldBeAsync(HttpStatusCode.NotFound);
        Assert.Equal(image.Manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/b")).BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task A_condition_on_a_push_by_digest_is_about_the_manifest()
    {
        byte[] manifest = Images.Index("");
        string digest = Images.Sha256(manifest);

        await _client.PutManifestAsync(_repository, digest, manifest, Images.OciIndex, ("If-Match", "*")).ShouldBeAsync(HttpStatusCode.PreconditionFailed);
        await _client.PutManifestAsync(_repository, digest, manifest, Images.OciIndex, ("If-None-Match", "*")).ShouldBeAsync(HttpStatusCode.Created);
        await _client.PutManifestAsync(_repository, digest, manifest, Images.OciIndex, ("If-None-Match", "*")).ShouldBeAsync(HttpStatusCode.PreconditionFailed);
        await _client.PutManifestAsync(_repository, digest, manifest, Images.OciIndex, ("If-Match", $"\"{digest}\"")).ShouldBeAsync(HttpStatusCode.Created);
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task Of_many_pushes_that_want_to_be_first_one_is()
    {
        byte[][] manifests = [.. Enumerable.Range(0, 8).Select(static i => Images.Index("", $",\"annotations\":{{\"pusher\":\"{i}\"}}"))];

        HttpResponseMessage[] answers = await Task.WhenAll(
            manifests.Select(manifest => _client.PutManifestAsync(_repository, "lock", manifest, Images.OciIndex, ("If-None-Match", "*"))));

        int winner = Array.FindIndex(answers, static answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(7, answers.Count(static answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
        Assert.Equal(manifests[winner], await (await _client.FetchAsync($"/v2/{_repository}/manifests/lock")).BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task Of_many_pushes_by_digest_that_want_to_be_first_one_is()
    {
        for (int round = 0; round < 10; round++)
        {
            byte[] manifest = Images.Index("", $",\"annotations\":{{\"round\":\"{round}\"}}");

            HttpResponseMessage[] answers = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(_ => _client.PutManifestAsync(_repository, Images.Sha256(manifest), manifest, Images.OciIndex, ("If-None-Match", "*"))));

            Assert.Single(answers, static answer => answer.StatusCode == HttpStatusCode.Created);
            HttpResponseMessage[] refused = [.. answers.Where(static answer => answer.StatusCode == HttpStatusCode.PreconditionFailed)];
            Assert.Equal(7, refused.Length);
            Assert.Equal("MANIFEST_INVALID", (await refused[0].ErrorsAsync())[0].GetProperty("code").GetString());
        }
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task Of_many_pushes_that_want_to_be_first_under_several_tags_one_gets_them_all()
    {
        byte[][] manifests = [.. Enumerable.Range(0, 8).Select(static i => Images.Index("", $",\"annotations\":{{\"pusher\":\"{i}\"}}"))];
        for (int round = 0; round < 10; round++)
        {
            string[] tags = [$"a{round}", $"b{round}", $"c{round}"];

            HttpResponseMessage[] answers = await Task.WhenAll(manifests.Select((manifest, i) => _client.PutManifestAsync(
                _repository,
                $"{Images.Sha256(manifest)}?tag={string.Join("&tag=", i % 2 == 0 ? tags : Enumerable.Reverse(tags))}",
                manifest,
                Images.OciIndex,
                ("If-None-Match", "*"))));

            int winner = Array.FindIndex(answers, static answer => answer.StatusCode == HttpStatusCode.Created);
            Assert.Equal(7, answers.Count(static answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
            foreach (string tag in tags)
            {
                Assert.Equal(manifests[winner], await (await _client.FetchAsync($"/v2/{_repository}/manifests/{tag}")).BytesAsync());
            }
        }
    }

    [Fact]
    [Trait("Protocol", "W14")]
    public async Task Read_modify_write_with_conditions_loses_no_update()
    {
        await _client.PushManifestAsync(_repository, "list", Images.Index("", ",\"annotations\":{\"count\":\"0\"}"), Images.OciIndex);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (int i = 0; i < 5; i++)
            {
                HttpStatusCode status;
                do
                {
                    HttpResponseMessage read = await _client.FetchAsync($"/v2/{_repository}/manifests/list").ShouldBeAsync(HttpStatusCode.OK);
                    int count = int.Parse((await read.JsonAsync()).GetProperty("annotations").GetProperty("count").GetString()!, CultureInfo.InvariantCulture);
                    status = (await _client.PutManifestAsync(
                        _repository, "list", Images.Index("", $",\"annotations\":{{\"count\":\"{count + 1}\"}}"), Images.OciIndex, ("If-Match", read.Header("ETag")!))).StatusCode;
                }
                while (status == HttpStatusCode.PreconditionFailed);
                Assert.Equal(HttpStatusCode.Created, status);
            }
        }));

        Assert.Equal("20", (await (await _client.FetchAsync($"/v2/{_repository}/manifests/list")).JsonAsync()).GetProperty("annotations").GetProperty("count").GetString());
    }
}
