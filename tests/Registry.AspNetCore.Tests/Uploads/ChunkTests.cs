using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class ChunkTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "P1")]
    [Trait("Protocol", "P4")]
    [InlineData("sha256", false, 1, 1, 1)]
    [InlineData("sha256", true, 1, 999, 1)]
    [InlineData("sha512", false, 300_000, 300_000, 7)]
    [InlineData("sha512", true, 5, 262_144, 262_145)]
    public async Task Chunks_in_order_make_a_blob(string algorithm, bool chunked, params int[] lengths)
    {
        TestBlob blob = TestBlob.Random(lengths.Sum());
        string location = await registry.Client.StartUploadAsync(_repository);
        string id = location.Split('/')[^1];
        int sent = 0;
        foreach (int length in lengths)
        {
            Answer answer = await registry.Client.PatchAsync(location, blob[sent..(sent + length)], $"{sent}-{sent + length - 1}", chunked);

            answer.Expect(202);
            sent += length;
            Assert.Equal($"0-{sent - 1}", answer["Range"]);
            Assert.Equal(id, answer["Docker-Upload-UUID"]);
            Assert.Equal("0", answer["Content-Length"]);
            Assert.Equal($"0-{sent - 1}", await registry.Client.ReceivedAsync(answer.Location));
            location = answer.Location;
        }

        (await registry.Client.FinishAsync(location, blob.Digest(algorithm))).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob, algorithm);
    }

    [Theory]
    [Trait("Protocol", "P2")]
    [InlineData("0-99")]
    [InlineData("50-149")]
    [InlineData("99-198")]
    [InlineData("101-200")]
    [InlineData("9000-9099")]
    [InlineData("9223372036854775700-9223372036854775799")]
    public async Task A_chunk_out_of_order_changes_nothing_and_hears_where_to_go_on(string range)
    {
        TestBlob blob = TestBlob.Random(200);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob[..100], "0-99")).Expect(202);

        Answer answer = await registry.Client.PatchAsync(location, blob[100..], range);

        answer.Expect(416);
        Assert.Equal(location, answer.Location);
        Assert.Equal("0-99", answer["Range"]);
        Assert.Equal("0", answer["Content-Length"]);
        Assert.Equal(location.Split('/')[^1], answer["Docker-Upload-UUID"]);
        Assert.Equal("0-99", await registry.Client.ReceivedAsync(location));
        (await registry.Client.PatchAsync(location, blob[100..], "100-199")).Expect(202);
        (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
    }

    [Fact]
    [Trait("Protocol", "P2")]
    public async Task A_first_chunk_that_does_not_begin_at_the_beginning_is_out_of_order()
    {
        string location = await registry.Client.StartUploadAsync(_repository);

        Answer answer = (await registry.Client.PatchAsync(location, new byte[10], "1-10")).Expect(416);

        Assert.Equal("0-0", answer["Range"]);
    }

    [Theory]
    [Trait("Protocol", "P3")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_without_a_place_are_appended(bool chunked)
    {
        TestBlob blob = TestBlob.Random(600_000);
        string location = await registry.Client.StartUploadAsync(_repository);

        Assert.Equal("0-99", (await registry.Client.PatchAsync(location, blob[..100], chunked: chunked)).Expect(202)["Range"]);
        Assert.Equal("0-499999", (await registry.Client.PatchAsync(location, blob[100..500_000], chunked: chunked)).Expect(202)["Range"]);
        Assert.Equal("0-599999", (await registry.Client.PatchAsync(location, blob[500_000..], "500000-599999", chunked)).Expect(202)["Range"]);

        (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob);
    }

    [Theory]
    [Trait("Protocol", "P5")]
    [InlineData("bytes 0-9")]
    [InlineData("bytes=0-9")]
    [InlineData("bytes 0-9/10")]
    [InlineData("0-9/10")]
    [InlineData("9-0")]
    [InlineData("0-")]
    [InlineData("-9")]
    [InlineData("-")]
    [InlineData("*")]
    [InlineData("+0-9")]
    [InlineData("0-+9")]
    [InlineData("0x0-9")]
    [InlineData("0--9")]
    [InlineData("0-9,10-19")]
    [InlineData("0-99999999999999999999999999")]
    [InlineData("99999999999999999999999999-0")]
    [InlineData("0-9223372036854775807")]
    [InlineData("nonsense")]
    public async Task A_malformed_place_is_out_of_order(string range)
    {
        string location = await registry.Client.StartUploadAsync(_repository);

        Answer answer = (await registry.Client.PatchAsync(location, new byte[10], range)).Expect(416);

        Assert.Equal("0-0", answer["Range"]);
        Assert.Equal(location, answer.Location);
        (await registry.Client.PatchAsync(location, new byte[10], "0-9")).Expect(202);
    }

    [Fact]
    [Trait("Protocol", "P5")]
    public async Task Two_places_are_out_of_order()
    {
        string location = await registry.Client.StartUploadAsync(_repository);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        await connection.SendHeadAsync($"PATCH {location}", "Content-Range: 0-1", "Content-Range: 0-1", "Content-Length: 2");
        await connection.SendAsync("ab");

        (await connection.ReadAsync()).Expect(416);
    }

    [Theory]
    [Trait("Protocol", "P6")]
    [InlineData("100-149", 49, false)]
    [InlineData("100-149", 51, false)]
    [InlineData("100-149", 0, false)]
    [InlineData("100-149", 49, true)]
    [InlineData("100-149", 51, true)]
    [InlineData("100-149", 0, true)]
    [InlineData("100-400099", 300_000, true)]
    [InlineData("100-400099", 700_000, true)]
    [InlineData("100-9223372036854775806", 20, true)]
    public async Task A_chunk_that_is_not_as_long_as_its_place_changes_nothing(string range, int length, bool chunked)
    {
        TestBlob blob = TestBlob.Random(150);
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, blob[..100], "0-99")).Expect(202);

        (await registry.Client.PatchAsync(location, new byte[length], range, chunked)).Expect(400, "SIZE_INVALID");

        Assert.Equal("0-99", await registry.Client.ReceivedAsync(location));
        (await registry.Client.PatchAsync(location, blob[100..], "100-149")).Expect(202);
        (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
        await registry.Client.AssertHasAsync(_repository, blob);
    }

    [Fact]
    [Trait("Protocol", "P6")]
    public async Task A_chunk_with_a_place_and_no_body_at_all_changes_nothing()
    {
        string location = await registry.Client.StartUploadAsync(_repository);

        (await RawHttp.SendAsync(registry.Host, $"PATCH {location}", "Content-Range: 0-9")).Expect(400, "SIZE_INVALID");

        Assert.Equal("0-0", await registry.Client.ReceivedAsync(location));
    }

    [Theory]
    [Trait("Protocol", "P7")]
    [InlineData(null)]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("nonsense")]
    public async Task A_chunk_is_taken_whatever_its_type(string? type)
    {
        string location = await registry.Client.StartUploadAsync(_repository);

        Answer answer = await registry.Client.SendAsync("PATCH", location, "a=b&c"u8.ToArray(), headers: type is null ? [] : [("Content-Type", type)]);

        Assert.Equal("0-4", answer.Expect(202)["Range"]);
        (await registry.Client.FinishAsync(location, TestBlob.Of("a=b&c").Sha256)).Expect(201);
    }

    [Theory]
    [Trait("Protocol", "P12")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_empty_chunk_leaves_the_session_as_it_is(bool chunked)
    {
        TestBlob blob = TestBlob.Random(50);
        string location = await registry.Client.StartUploadAsync(_repository);

        Assert.Equal("0-0", (await registry.Client.PatchAsync(location, [], chunked: chunked)).Expect(202)["Range"]);
        (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);
        Assert.Equal("0-49", (await registry.Client.PatchAsync(location, [], chunked: chunked)).Expect(202)["Range"]);

        (await registry.Client.FinishAsync(location, blob.Sha256)).Expect(201);
    }

    [Fact]
    [Trait("Protocol", "P12")]
    public async Task A_patch_with_neither_length_nor_encoding_is_empty()
    {
        string location = await registry.Client.StartUploadAsync(_repository);

        Assert.Equal("0-0", (await RawHttp.SendAsync(registry.Host, $"PATCH {location}")).Expect(202)["Range"]);
    }
}

public sealed class ChunkInMemoryTests(InMemoryRegistry registry) : ChunkTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class ChunkOnDiskTests(FileSystemRegistry registry) : ChunkTests(registry), IClassFixture<FileSystemRegistry>;
