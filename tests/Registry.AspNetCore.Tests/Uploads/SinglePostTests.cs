using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class SinglePostTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    private string Uploads => $"/v2/{_repository}/blobs/uploads/";

    [Theory]
    [Trait("Protocol", "U4")]
    [InlineData("sha256", 0, false)]
    [InlineData("sha256", 1, false)]
    [InlineData("sha256", 700_000, false)]
    [InlineData("sha256", 0, true)]
    [InlineData("sha256", 700_000, true)]
    [InlineData("sha512", 0, false)]
    [InlineData("sha512", 700_000, false)]
    [InlineData("sha512", 700_000, true)]
    public async Task A_post_with_digest_and_body_pushes_a_blob(string algorithm, int length, bool chunked)
    {
        TestBlob blob = TestBlob.Random(length);

        Answer answer = await registry.Client.PostAsync($"{Uploads}?digest={blob.Digest(algorithm)}", blob.Content, chunked);

        answer.Expect(201);
        Assert.Equal($"/v2/{_repository}/blobs/{blob.Digest(algorithm)}", answer.Location);
        Assert.Equal(blob.Digest(algorithm), answer["Docker-Content-Digest"]);
        Assert.Equal("0", answer["Content-Length"]);
        await registry.Client.AssertHasAsync(_repository, blob, algorithm);
    }

    [Fact]
    [Trait("Protocol", "U4")]
    public async Task A_post_with_the_digest_of_nothing_and_no_body_pushes_the_empty_blob()
    {
        (await RawHttp.SendAsync(registry.Host, $"POST {Uploads}?digest={TestBlob.Empty.Sha256}")).Expect(201);

        await registry.Client.AssertHasAsync(_repository, TestBlob.Empty);
    }

    [Theory]
    [Trait("Protocol", "U4")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_post_whose_body_has_another_digest_is_refused_and_stores_nothing(string algorithm)
    {
        TestBlob sent = TestBlob.Random(5000);
        TestBlob said = TestBlob.Random(5000);

        (await registry.Client.PostAsync($"{Uploads}?digest={said.Digest(algorithm)}", sent.Content)).Expect(400, "DIGEST_INVALID");

        await registry.Client.AssertHasNotAsync(_repository, said.Digest(algorithm));
        await registry.Client.AssertHasNotAsync(_repository, sent.Digest(algorithm));
    }

    [Theory]
    [Trait("Protocol", "U4")]
    [InlineData("sha256:short")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("")]
    public async Task A_post_with_a_digest_that_cannot_be_verified_is_refused(string digest) =>
        (await registry.Client.PostAsync($"{Uploads}?digest={digest}", [])).Expect(400, "DIGEST_INVALID");

    [Fact]
    [Trait("Protocol", "U4")]
    public async Task A_post_without_a_body_stores_nothing_for_a_blob_of_another_repository()
    {
        TestBlob blob = await registry.Client.PushAsync(RegistryFixture.NewRepository(), TestBlob.Random(100));

        (await registry.Client.PostAsync($"{Uploads}?digest={blob.Sha256}", [])).Expect(400, "DIGEST_INVALID");

        await registry.Client.AssertHasNotAsync(_repository, blob.Sha256);
    }

    [Fact]
    [Trait("Protocol", "U10")]
    public async Task A_mount_that_succeeds_makes_the_body_superfluous()
    {
        string source = RegistryFixture.NewRepository();
        TestBlob blob = await registry.Client.PushAsync(source, TestBlob.Random(3000));
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);

        await connection.SendHeadAsync($"POST {Uploads}?mount={blob.Sha256}&from={source}&digest={blob.Sha256}", $"Content-Length: {blob.Length}");
        await connection.SendAsync(blob.Content);

        (await connection.ReadAsync()).Expect(201);
        (await connection.ExchangeAsync($"HEAD /v2/{_repository}/blobs/{blob.Sha256}")).Expect(200);
    }

    [Fact]
    [Trait("Protocol", "U10")]
    public async Task A_mount_that_fails_falls_back_to_the_body()
    {
        TestBlob blob = TestBlob.Random(3000);

        (await registry.Client.PostAsync($"{Uploads}?mount={blob.Sha256}&from={_repository}&digest={blob.Sha256}", blob.Content)).Expect(201);

        await registry.Client.AssertHasAsync(_repository, blob);
    }
}

public sealed class SinglePostInMemoryTests(InMemoryRegistry registry) : SinglePostTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class SinglePostOnDiskTests(FileSystemRegistry registry) : SinglePostTests(registry), IClassFixture<FileSystemRegistry>;
