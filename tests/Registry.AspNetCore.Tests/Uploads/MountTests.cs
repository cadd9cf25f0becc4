using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class MountTests(RegistryFixture registry)
{
    private readonly string _source = RegistryFixture.NewRepository();
    private readonly string _target = RegistryFixture.NewRepository();

    private string Uploads => $"/v2/{_target}/blobs/uploads/";

    [Theory]
    [Trait("Protocol", "U5")]
    [Trait("Protocol", "U9")]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_mount_makes_the_blob_readable_at_once(string algorithm)
    {
        TestBlob blob = await registry.Client.PushAsync(_source, TestBlob.Random(1000), algorithm);

        Answer answer = await registry.Client.PostAsync($"{Uploads}?mount={blob.Digest(algorithm)}&from={_source}");

        answer.Expect(201);
        Assert.Equal($"/v2/{_target}/blobs/{blob.Digest(algorithm)}", answer.Location);
        Assert.Equal(blob.Digest(algorithm), answer["Docker-Content-Digest"]);
        Assert.Equal("0", answer["Content-Length"]);
        Assert.Null(answer["Docker-Upload-UUID"]);
        await registry.Client.AssertHasAsync(_target, blob, algorithm);
    }

    [Theory]
    [Trait("Protocol", "U9")]
    [Trait("Protocol", "N8")]
    [InlineData(":", "/")]
    [InlineData("%3A", "%2F")]
    [InlineData("%3a", "%2f")]
    public async Task A_mount_takes_its_parameters_escaped_and_plain(string colon, string slash)
    {
        TestBlob blob = await registry.Client.PushAsync(_source, TestBlob.Random(1000));
        string mount = blob.Sha256.Replace(":", colon, StringComparison.Ordinal);
        string from = _source.Replace("/", slash, StringComparison.Ordinal);

        (await RawHttp.SendAsync(registry.Host, $"POST {Uploads}?from={from}&mount={mount}", "Content-Length: 0")).Expect(201);
    }

    [Theory]
    [Trait("Protocol", "U6")]
    [Trait("Protocol", "U9")]
    [InlineData("%252F")]
    [InlineData("%2F%2F")]
    [InlineData("/../")]
    [InlineData("%00")]
    public async Task A_mount_from_a_name_that_is_none_starts_a_session(string slash)
    {
        TestBlob blob = await registry.Client.PushAsync(_source, TestBlob.Random(1000));

        Answer answer = await RawHttp.SendAsync(
            registry.Host, $"POST {Uploads}?mount={blob.Sha256}&from={_source.Replace("/", slash, StringComparison.Ordinal)}", "Content-Length: 0");

        AssertIsFreshSession(answer);
    }

    [Fact]
    [Trait("Protocol", "U6")]
    public async Task A_mount_of_what_the_source_does_not_have_starts_a_session_that_works()
    {
        TestBlob blob = TestBlob.Random(1000);
        await registry.Client.PushAsync(_source, TestBlob.Random(10));

        Answer answer = await registry.Client.PostAsync($"{Uploads}?mount={blob.Sha256}&from={_source}");

        AssertIsFreshSession(answer);
        await registry.Client.AssertHasNotAsync(_target, blob.Sha256);
        (await registry.Client.FinishAsync(answer.Location, blob.Sha256, blob.Content)).Expect(201);
    }

    [Theory]
    [Trait("Protocol", "U6")]
    [InlineData("mount=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855&from=no/such/repository")]
    [InlineData("mount=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855&from=UPPER")]
    [InlineData("mount=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855&from=")]
    [InlineData("mount=sha256:nonsense&from=a")]
    [InlineData("mount=blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262&from=a")]
    [InlineData("mount=&from=")]
    [InlineData("from=a")]
    public async Task A_mount_that_cannot_be_starts_a_session(string query) =>
        AssertIsFreshSession(await registry.Client.PostAsync($"{Uploads}?{query}"));

    [Fact]
    [Trait("Protocol", "U7")]
    public async Task A_mount_without_a_source_finds_one()
    {
        TestBlob blob = await registry.Client.PushAsync(_source, TestBlob.Random(1000));

        Answer answer = (await registry.Client.PostAsync($"{Uploads}?mount={blob.Sha256}")).Expect(201);

        Assert.Equal($"/v2/{_target}/blobs/{blob.Sha256}", answer.Location);
        await registry.Client.AssertHasAsync(_target, blob);
    }

    [Fact]
    [Trait("Protocol", "U7")]
    public async Task A_mount_without_a_source_of_what_nobody_has_starts_a_session() =>
        AssertIsFreshSession(await registry.Client.PostAsync($"{Uploads}?mount={TestBlob.Random(10).Sha256}"));

    [Theory]
    [Trait("Protocol", "U8")]
    [InlineData("same")]
    [InlineData("absent")]
    [InlineData("unknown")]
    public async Task A_mount_of_what_the_repository_has_is_a_success_wherever_from(string source)
    {
        TestBlob blob = await registry.Client.PushAsync(_target, TestBlob.Random(1000));
        string from = source switch { "same" => $"&from={_target}", "unknown" => "&from=no/such/repository", _ => "" };

        (await registry.Client.PostAsync($"{Uploads}?mount={blob.Sha256}{from}")).Expect(201);
    }

    [Fact]
    [Trait("Protocol", "U5")]
    public async Task A_mounted_blob_stays_when_its_source_lets_go_of_it()
    {
        TestBlob blob = await registry.Client.PushAsync(_source, TestBlob.Random(1000));
        (await registry.Client.PostAsync($"{Uploads}?mount={blob.Sha256}&from={_source}")).Expect(201);

        (await registry.Client.DeleteAsync($"/v2/{_source}/blobs/{blob.Sha256}")).Expect(202);

        await registry.Client.AssertHasNotAsync(_source, blob.Sha256);
        await registry.Client.AssertHasAsync(_target, blob);
    }

    private void AssertIsFreshSession(Answer answer)
    {
        answer.Expect(202);
        Assert.StartsWith($"/v2/{_target}/blobs/uploads/", answer.Location, StringComparison.Ordinal);
        Assert.Equal("0-0", answer["Range"]);
        Assert.NotNull(answer["Docker-Upload-UUID"]);
        Assert.Null(answer["Docker-Content-Digest"]);
    }
}

public sealed class MountInMemoryTests(InMemoryRegistry registry) : MountTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class MountOnDiskTests(FileSystemRegistry registry) : MountTests(registry), IClassFixture<FileSystemRegistry>;
