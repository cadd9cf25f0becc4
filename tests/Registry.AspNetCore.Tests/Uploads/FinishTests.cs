using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class FinishTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "F1")]
    [InlineData("sha256", 1)]
    [InlineData("sha256", 600_000)]
    [InlineData("sha512", 600_000)]
    public async Task Closing_a_session_makes_its_bytes_a_blob_that_is_there_at_once(string algorithm, int length)
    {
        TestBlob blob = TestBlob.Random(length);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);

        Answer answer = (await RawHttp.SendAsync(registry.Host, $"PUT {location}?digest={blob.Digest(algorithm)}", "Content-Length: 0")).Expect(201);

        Assert.Equal($"/v2/{_repository}/blobs/{blob.Digest(algorithm)}", answer.Location);
        Assert.Equal(blob.Digest(algorithm), answer["Docker-Content-Digest"]);
        Assert.Equal("0", answer["Content-Length"]);
        Assert.Equal($"{length}", (await registry.Client.HeadAsync(answer.Location)).Expect(200)["Content-Length"]);
        await registry.Client.AssertHasAsync(_repository, blob, algorithm);
    }

    [Fact]
    [Trait("Protocol", "F1")]
    public async Task A_closing_put_needs_neither_body_nor_length()
    {
        TestBlob blob = TestBlob.Random(10);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);

        (await RawHttp.SendAsync(registry.Host, $"PUT {location}?digest={blob.Sha256}")).Expect(201);
    }

    [Theory]
    [Trait("Protocol", "F2")]
    [InlineData("sha256", 1, false)]
    [InlineData("sha256", 700_000, false)]
    [InlineData("sha256", 700_000, true)]
    [InlineData("sha512", 700_000, false)]
    [InlineData("sha512", 262_144, true)]
    public async Task A_put_with_everything_makes_a_blob(string algorithm, int length, bool chunked)
    {
        TestBlob blob = TestBlob.Random(length);

        Answer answer = await registry.Client.FinishAsync(await registry.Client.StartUploadAsync(_repository), blob.Digest(algorithm), blob.Content, chunked: chunked);

        Assert.Equal(blob.Digest(algorithm), answer.Expect(201)["Docker-Content-Digest"]);
        await registry.Client.AssertHasAsync(_repository, blob, algorithm);
    }

    [Theory]
    [Trait("Protocol", "F3")]
    [InlineData("sha256", null, false)]
    [InlineData("sha256", "400000-699999", false)]
    [InlineData("sha256", "400000-699999", true)]
    [InlineData("sha512", null, true)]
    [InlineData("sha512", "400000-699999", false)]
    public async Task A_put_with_the_last_chunk_makes_a_blob(string algorithm, string? range, bool chunked)
    {
        TestBlob blob = TestBlob.Random(700_000);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob[..400_000], "0-399999")).Expect(202);

        (await registry.Client.FinishAsync(location, blob.Digest(algorithm), blob[400_000..], range, chunked)).Expect(201);

        await registry.Client.AssertHasAsync(_repository, blob, algorithm);
    }

    [Theory]
    [Trait("Protocol", "F3")]
    [InlineData("0-99")]
    [InlineData("101-200")]
    [InlineData("99-198")]
    [InlineData("bytes 100-199")]
    [InlineData("199-100")]
    [InlineData("nonsense")]
    public async Task A_last_chunk_out_of_order_leaves_the_session_usable(string range)
    {
        TestBlob blob = TestBlob.Random(200);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob[..100], "0-99")).Expect(202);

        Answer answer = (await registry.Client.FinishAsync(location, blob.Sha256, blob[100..], range)).Expect(416);

        Assert.Equal("0-99", answer["Range"]);
        Assert.Equal(location, answer.Location);
        Assert.Equal("0", answer["Content-Length"]);
        await registry.Client.AssertHasNotAsync(_repository, blob.Sha256);
        (await registry.Client.FinishAsync(location, blob.Sha256, blob[100..], "100-199")).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob);
    }

    [Theory]
    [Trait("Protocol", "F4")]
    [InlineData("sha256", "patch")]
    [InlineData("sha512", "patch")]
    [InlineData("sha256", "put")]
    [InlineData("sha512", "put")]
    [InlineData("sha256", "both")]
    [InlineData("sha512", "both")]
    [InlineData("sha256", "nothing")]
    [InlineData("sha512", "nothing")]
    public async Task Content_of_another_digest_is_refused_and_nobody_sees_it(string algorithm, string sentBy)
    {
        TestBlob said = TestBlob.Random(600_000);
        TestBlob sent = sentBy == "nothing" ? TestBlob.Empty : TestBlob.Random(600_000);
        int patched = sentBy switch { "patch" => sent.Length, "both" => 300_000, _ => 0 };
        string location = await registry.Client.StartUploadAsync(_repository);
        if (patched > 0)
        {
            (await registry.Client.PatchAsync(location, sent[..patched])).Expect(202);
        }

        (await registry.Client.FinishAsync(location, said.Digest(algorithm), sent[patched..])).Expect(400, "DIGEST_INVALID");

        await registry.Client.AssertHasNotAsync(_repository, said.Digest(algorithm));
        await registry.Client.AssertHasNotAsync(_repository, sent.Digest(algorithm));
        (await registry.Client.GetAsync(location)).Expect(404, "BLOB_UPLOAD_UNKNOWN");
        (await registry.Client.PatchAsync(location, sent.Content)).Expect(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Theory]
    [Trait("Protocol", "F5")]
    [InlineData("")]
    [InlineData("?digest=")]
    [InlineData("?digest=sha256:")]
    [InlineData("?digest=sha256:abc")]
    [InlineData("?digest=abc")]
    [InlineData("?digest=sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("?digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855%0A")]
    [InlineData("?digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855e")]
    [InlineData("?digest=sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("?Digest")]
    [InlineData("?tag=x")]
    [Trait("Protocol", "F6")]
    [InlineData("?digest=md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("?digest=blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("?digest=sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564")]
    public async Task A_digest_that_is_missing_or_malformed_or_cannot_be_verified_leaves_the_session_usable(string query)
    {
        TestBlob blob = TestBlob.Random(100);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob[..60])).Expect(202);

        (await registry.Client.SendAsync("PUT", location + query, blob[60..])).Expect(400, "DIGEST_INVALID");

        Assert.Equal("0-59", await registry.Client.ReceivedAsync(location));
        (await registry.Client.FinishAsync(location, blob.Sha256, blob[60..])).Expect(201);
    }

    [Theory]
    [Trait("Protocol", "F7")]
    [InlineData("sha256", "sha512")]
    [InlineData("sha512", "sha256")]
    public async Task Content_is_verified_by_an_algorithm_that_was_not_announced(string announced, string used)
    {
        TestBlob blob = TestBlob.Random(1000);
        TestBlob other = TestBlob.Random(1000);
        foreach ((TestBlob said, int status) in new[] { (blob, 201), (other, 400) })
        {
            string location = await registry.Client.StartUploadAsync(_repository, $"?digest-algorithm={announced}");
            (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);
            (await registry.Client.FinishAsync(location, said.Digest(used))).Expect(status);
        }

        await registry.Client.AssertHasAsync(_repository, blob, used);
        await registry.Client.AssertHasNotAsync(_repository, other.Digest(used));
        await registry.Client.AssertHasNotAsync(_repository, blob.Digest(announced));
    }

    [Theory]
    [Trait("Protocol", "F8")]
    [InlineData("sha256", "sha512", true)]
    [InlineData("sha512", "sha256", true)]
    [InlineData("sha256", "sha256", true)]
    [InlineData("sha256", "sha512", false)]
    [InlineData("sha512", "sha256", false)]
    [InlineData("sha256", "sha256", false)]
    public async Task Every_digest_that_is_given_must_hold(string first, string second, bool holds)
    {
        TestBlob blob = TestBlob.Random(1000);
        string location = await registry.Client.StartUploadAsync(_repository);
        TestBlob also = holds ? blob : TestBlob.Random(1000);

        Answer answer = await registry.Client.FinishAsync(location, $"{blob.Digest(first)}&digest={also.Digest(second)}", blob.Content);

        if (holds)
        {
            Assert.Equal(blob.Digest(first), answer.Expect(201)["Docker-Content-Digest"]);
            await registry.Client.AssertHasAsync(_repository, blob, first);
        }
        else
        {
            answer.Expect(400, "DIGEST_INVALID");
            await registry.Client.AssertHasNotAsync(_repository, blob.Digest(first));
            await registry.Client.AssertHasNotAsync(_repository, also.Digest(second));
        }
    }

    [Theory]
    [Trait("Protocol", "F9")]
    [Trait("Protocol", "X10")]
    [InlineData("?&digest={0}")]
    [InlineData("?&&digest={0}&")]
    [InlineData("?digest={1}")]
    [InlineData("?zzz=1&digest={0}&aaa=2")]
    [InlineData("?_state=a%3D%3D&digest={1}")]
    [InlineData("?=&digest={0}&=x&novalue")]
    [InlineData("?digest={0}#fragment")]
    [InlineData("?%zz=%&digest={0}")]
    public async Task A_query_that_a_client_rebuilt_means_the_same(string query)
    {
        TestBlob blob = TestBlob.Random(100);
        string location = await registry.Client.StartUploadAsync(_repository);
        Assert.DoesNotContain("?", location, StringComparison.Ordinal);

        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        string built = string.Format(null, query.Split('#')[0], blob.Sha256, Uri.EscapeDataString(blob.Sha256));
        await connection.SendHeadAsync($"PUT {location}{built}", "Content-Length: 100");
        await connection.SendAsync(blob.Content);

        (await connection.ReadAsync()).Expect(201);
    }

    [Theory]
    [Trait("Protocol", "F10")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Pushing_what_is_there_succeeds_again(string algorithm)
    {
        TestBlob blob = TestBlob.Random(1000);

        await registry.Client.PushAsync(_repository, blob, algorithm);
        await registry.Client.PushAsync(_repository, blob, algorithm);
        await registry.Client.PushAsync(RegistryFixture.NewRepository(), blob, algorithm);

        await registry.Client.AssertHasAsync(_repository, blob, algorithm);
    }

    [Fact]
    [Trait("Protocol", "F10")]
    public async Task Sessions_that_finish_the_same_blob_at_once_all_succeed()
    {
        TestBlob blob = TestBlob.Random(300_000);
        string[] repositories = [.. Enumerable.Range(0, 12).Select(i => i % 3 == 0 ? _repository : RegistryFixture.NewRepository())];

        await Task.WhenAll(repositories.Select(repository => registry.Client.PushAsync(repository, blob)));

        foreach (string repository in repositories)
        {
            await registry.Client.AssertHasAsync(repository, blob);
        }
    }

    [Theory]
    [Trait("Protocol", "F11")]
    [InlineData("sha256", false, false)]
    [InlineData("sha256", true, false)]
    [InlineData("sha256", true, true)]
    [InlineData("sha256", false, true)]
    [InlineData("sha512", false, false)]
    [InlineData("sha512", true, true)]
    public async Task A_blob_of_no_bytes_can_be_pushed(string algorithm, bool patched, bool chunked)
    {
        string location = await registry.Client.StartUploadAsync(_repository);
        if (patched)
        {
            (await registry.Client.PatchAsync(location, [], chunked: chunked)).Expect(202);
        }

        (await registry.Client.FinishAsync(location, TestBlob.Empty.Digest(algorithm), [], chunked: chunked)).Expect(201);

        await registry.Client.AssertHasAsync(_repository, TestBlob.Empty, algorithm);
    }

    [Theory]
    [Trait("Protocol", "F12")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_put_whose_answer_was_lost_may_be_repeated(bool withBody)
    {
        TestBlob blob = TestBlob.Random(400_000);
        string location = await registry.Client.StartUploadAsync(_repository);
        if (!withBody)
        {
            (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);
        }

        byte[]? body = withBody ? blob.Content : null;
        Answer first = (await registry.Client.FinishAsync(location, blob.Sha256, body)).Expect(201);

        Answer again = (await registry.Client.FinishAsync(location, blob.Sha256, body)).Expect(201);

        Assert.Equal(first.Location, again.Location);
        Assert.Equal(first["Docker-Content-Digest"], again["Docker-Content-Digest"]);
    }

    [Theory]
    [Trait("Protocol", "F13")]
    [InlineData("100-199", 99, false)]
    [InlineData("100-199", 101, false)]
    [InlineData("100-199", 0, false)]
    [InlineData("100-199", 99, true)]
    [InlineData("100-199", 101, true)]
    [InlineData("100-199", 0, true)]
    [InlineData("100-500099", 700_000, true)]
    public async Task A_last_chunk_that_is_not_as_long_as_its_place_leaves_the_session_usable(string range, int length, bool chunked)
    {
        TestBlob blob = TestBlob.Random(200);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob[..100])).Expect(202);

        (await registry.Client.FinishAsync(location, blob.Sha256, new byte[length], range, chunked)).Expect(400, "SIZE_INVALID");

        Assert.Equal("0-99", await registry.Client.ReceivedAsync(location));
        (await registry.Client.FinishAsync(location, blob.Sha256, blob[100..])).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob);
    }

    [Fact]
    [Trait("Protocol", "F13")]
    public async Task A_closing_put_with_a_place_and_no_body_at_all_leaves_the_session_usable()
    {
        TestBlob blob = TestBlob.Random(100);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);

        (await RawHttp.SendAsync(registry.Host, $"PUT {location}?digest={blob.Sha256}", "Content-Range: 100-199")).Expect(400, "SIZE_INVALID");

        (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
    }

    [Fact]
    [Trait("Protocol", "B3")]
    [Trait("Protocol", "F4")]
    public async Task Another_repositorys_blob_is_not_visible_while_somebody_claims_to_have_it()
    {
        TestBlob secret = await registry.Client.PushAsync(RegistryFixture.NewRepository(), TestBlob.Random(1000), "sha512");
        GatedReadStore? store = null;
        RegistryHost host = await registry.StartAsync(wrap: inner => store = new GatedReadStore(inner));
        await using (host)
        {
            string location = await registry.Client.StartUploadAsync(_repository);
            (await registry.Client.PatchAsync(location, TestBlob.Random(1000).Content)).Expect(202);
            Task<Answer> claim = new RegistryClient(host.Client).FinishAsync(location, secret.Sha512);
            await store!.WaitForReadAsync();

            Answer meanwhile = await registry.Client.GetAsync($"/v2/{_repository}/blobs/{secret.Sha512}");
            store.Open();

            meanwhile.Expect(404, "BLOB_UNKNOWN");
            (await claim).Expect(400, "DIGEST_INVALID");
            await registry.Client.AssertHasNotAsync(_repository, secret.Sha512);
        }
    }
}

public sealed class FinishInMemoryTests(InMemoryRegistry registry) : FinishTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class FinishOnDiskTests(FileSystemRegistry registry) : FinishTests(registry), IClassFixture<FileSystemRegistry>;
