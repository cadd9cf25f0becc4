using System.Globalization;
using System.Text;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Blobs;

public sealed class BlobRangeTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>, IAsyncLifetime
{
    private readonly string _repository = RegistryFixture.NewRepository();
    private readonly TestBlob _blob = TestBlob.Random(2048);

    private RegistryClient Client => registry.Client;

    public async ValueTask InitializeAsync() => await Client.PushAsync(_repository, _blob);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [Trait("Protocol", "B6")]
    [InlineData("bytes=500-1499", 500, 1499)]
    [InlineData("bytes=0-0", 0, 0)]
    [InlineData("bytes=500-", 500, 2047)]
    [InlineData("bytes=-500", 1548, 2047)]
    [InlineData("bytes=-5000", 0, 2047)]
    [InlineData("bytes=2000-5000", 2000, 2047)]
    [InlineData("bytes=2047-99999999999999999999999", 2047, 2047)]
    [InlineData("Bytes=1-2", 1, 2)]
    [Trait("Protocol", "B10")]
    public async Task One_range_is_sent_exactly(string range, int first, int last)
    {
        Answer answer = (await GetAsync(range)).Expect(206);

        Assert.Equal(_blob[first..(last + 1)], answer.Body);
        Assert.Equal($"bytes {first}-{last}/2048", answer["Content-Range"]);
        Assert.Equal((last - first + 1).ToString(CultureInfo.InvariantCulture), answer["Content-Length"]);
        Assert.Equal(_blob.Sha256, answer["Docker-Content-Digest"]);
    }

    [Theory]
    [Trait("Protocol", "B7")]
    [InlineData("bytes=2048-")]
    [InlineData("bytes=2048-4096")]
    [InlineData("bytes=500-0")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=3000-, 4000-4001")]
    public async Task A_range_that_is_not_there_gets_the_size(string range)
    {
        Answer answer = (await GetAsync(range)).Expect(416, "RANGE_INVALID");

        Assert.Equal("bytes */2048", answer["Content-Range"]);
    }

    [Fact]
    [Trait("Protocol", "B8")]
    public async Task All_of_an_empty_blob_is_no_part_of_it()
    {
        await Client.PushAsync(_repository, TestBlob.Empty);

        Answer answer = (await Client.GetAsync($"/v2/{_repository}/blobs/{TestBlob.Empty.Sha256}", ("Range", "bytes=0-"))).Expect(200);

        Assert.Equal("0", answer["Content-Length"]);
    }

    [Fact]
    [Trait("Protocol", "B9")]
    public async Task Several_ranges_are_sent_as_a_part_each_in_the_order_asked_for()
    {
        (int First, int Last)[] wanted = [(1000, 1009), (0, 0), (2000, 2047)];
        Answer answer = (await GetAsync("bytes=1000-1009,0-0, -48")).Expect(206);

        Assert.StartsWith("multipart/byteranges; boundary=", answer["Content-Type"], StringComparison.Ordinal);
        Assert.Equal(answer.Body.Length.ToString(CultureInfo.InvariantCulture), answer["Content-Length"]);
        string boundary = answer["Content-Type"]!.Split('=')[1];
        using var expected = new MemoryStream();
        for (int i = 0; i < wanted.Length; i++)
        {
            (int first, int last) = wanted[i];
            expected.Write(Encoding.ASCII.GetBytes(
                $"{(i == 0 ? "" : "\r\n")}--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {first}-{last}/2048\r\n\r\n"));
            expected.Write(_blob[first..(last + 1)]);
        }

        expected.Write(Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n"));
        Assert.Equal(expected.ToArray(), answer.Body);
    }

    [Theory]
    [Trait("Protocol", "B9")]
    [InlineData("bytes=0-100,50-150")]
    [InlineData("bytes=0-,0-")]
    public async Task Ranges_that_overlap_get_the_whole(string range) => Assert.Equal(_blob.Content, (await GetAsync(range)).Expect(200).Body);

    [Fact]
    [Trait("Protocol", "B9")]
    public async Task Too_many_ranges_get_the_whole()
    {
        string range = "bytes=" + string.Join(',', Enumerable.Range(0, 300).Select(static i => $"{i * 4}-{i * 4}"));

        Assert.Equal(_blob.Content, (await GetAsync(range)).Expect(200).Body);
    }

    [Theory]
    [Trait("Protocol", "B11")]
    [InlineData("lines=1-2")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=")]
    [InlineData("bytes=,")]
    [InlineData("bytes=-")]
    [InlineData("bytes=1-2-3")]
    [InlineData("0-1")]
    public async Task A_range_that_means_nothing_is_ignored(string range) => Assert.Equal(_blob.Content, (await GetAsync(range)).Expect(200).Body);

    [Theory]
    [Trait("Protocol", "B12")]
    [InlineData("\"{digest}\"", 206)]
    [InlineData("\"other\"", 200)]
    [InlineData("W/\"{digest}\"", 200)]
    public async Task If_range_decides_between_the_part_and_the_whole(string condition, int status)
    {
        Answer answer = await Client.GetAsync(
            Path, ("Range", "bytes=10-19"), ("If-Range", condition.Replace("{digest}", _blob.Sha256, StringComparison.Ordinal)));

        Assert.Equal(status == 206 ? _blob[10..20] : _blob.Content, answer.Expect(status).Body);
    }

    [Fact]
    [Trait("Protocol", "B13")]
    public async Task Head_is_about_the_whole_whatever_the_range() =>
        Assert.Equal("2048", (await Client.HeadAsync(Path, ("Range", "bytes=0-9"))).Expect(200)["Content-Length"]);

    private string Path => $"/v2/{_repository}/blobs/{_blob.Sha256}";

    private Task<Answer> GetAsync(string range) => Client.GetAsync(Path, ("Range", range));
}
