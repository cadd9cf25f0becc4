using System.Globalization;
using System.Text;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Blobs;

public abstract class BlobRangeTests(RegistryFixture registry)
{
    private const int Length = 3000;

    private readonly string _repository = RegistryFixture.NewRepository();
    private readonly TestBlob _blob = TestBlob.Random(Length);

    [Theory]
    [Trait("Protocol", "B6")]
    [InlineData("bytes=500-1499", 500, 1000)]
    [InlineData("bytes=500-", 500, 2500)]
    [InlineData("bytes=-500", 2500, 500)]
    [InlineData("bytes=2000-5000", 2000, 1000)]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=0-", 0, 3000)]
    [InlineData("bytes=0-2999", 0, 3000)]
    [InlineData("bytes=2999-", 2999, 1)]
    [InlineData("bytes=-1", 2999, 1)]
    [InlineData("bytes=-3000", 0, 3000)]
    [InlineData("bytes=-9000", 0, 3000)]
    [InlineData("bytes=-99999999999999999999999", 0, 3000)]
    [InlineData("bytes=10-99999999999999999999999", 10, 2990)]
    [InlineData("bytes=10-9223372036854775807", 10, 2990)]
    [InlineData("BYTES=10-19", 10, 10)]
    [InlineData("bytes= 10-19", 10, 10)]
    [InlineData("bytes=10-19,", 10, 10)]
    [InlineData("bytes=,10-19", 10, 10)]
    [InlineData("bytes=0000000010-0000000019", 10, 10)]
    [Trait("Protocol", "B10")]
    [InlineData("bytes=1-", 1, 2999)]
    public async Task One_range_is_answered_by_that_part(string range, int start, int length)
    {
        Answer answer = (await GetAsync(("Range", range))).Expect(206);

        Assert.Equal($"bytes {start}-{start + length - 1}/{Length}", answer["Content-Range"]);
        Assert.Equal(length.ToString(CultureInfo.InvariantCulture), answer["Content-Length"]);
        Assert.Equal("application/octet-stream", answer["Content-Type"]);
        Assert.Equal(_blob.Sha256, answer["Docker-Content-Digest"]);
        Assert.Equal($"\"{_blob.Sha256}\"", answer["ETag"]);
        Assert.Equal(_blob[start..(start + length)], answer.Body);
    }

    [Theory]
    [Trait("Protocol", "B7")]
    [InlineData("bytes=3000-")]
    [InlineData("bytes=3000-4000")]
    [InlineData("bytes=9223372036854775807-")]
    [InlineData("bytes=99999999999999999999999-")]
    [InlineData("bytes=500-0")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=3000-,4000-5000")]
    public async Task A_range_with_nothing_in_it_cannot_be_satisfied(string range)
    {
        Answer answer = (await GetAsync(("Range", range))).Expect(416, "RANGE_INVALID");

        Assert.Equal($"bytes */{Length}", answer["Content-Range"]);
    }

    [Theory]
    [Trait("Protocol", "B11")]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes=,")]
    [InlineData("bytes=abc")]
    [InlineData("bytes=1")]
    [InlineData("bytes=-")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=1-2-3")]
    [InlineData("bytes=--1")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes=1-2,x")]
    [InlineData("bytes:1-2")]
    [InlineData("bytes 1-2")]
    [InlineData("items=1-2")]
    [InlineData("lines=0-0")]
    [InlineData("nonsense")]
    public async Task A_range_that_means_nothing_is_ignored(string range)
    {
        Answer answer = (await GetAsync(("Range", range))).Expect(200);

        Assert.Null(answer["Content-Range"]);
        Assert.Equal(_blob.Content, answer.Body);
    }

    [Theory]
    [Trait("Protocol", "B5")]
    [Trait("Protocol", "B8")]
    [InlineData("bytes=0-")]
    [InlineData("bytes=0-0")]
    [InlineData("bytes=0-1048575")]
    [InlineData("bytes=-1")]
    public async Task Any_part_of_nothing_is_all_of_it(string range)
    {
        await registry.Client.PushAsync(_repository, TestBlob.Empty);

        Answer answer = (await registry.Client.GetAsync($"/v2/{_repository}/blobs/{TestBlob.Empty.Sha256}", ("Range", range))).Expect(200);

        Assert.Equal("0", answer["Content-Length"]);
        Assert.Empty(answer.Body);
    }

    [Theory]
    [Trait("Protocol", "B9")]
    [InlineData("0-9", "20-29")]
    [InlineData("20-29", "0-9")]
    [InlineData("0-0", "1-1", "2-2", "2999-2999")]
    [InlineData("0-9", "10-19")]
    [InlineData("2990-4000", "-5000", "5-6")]
    [InlineData("0-99", "-100", "1000-1999")]
    public async Task Several_ranges_are_answered_by_as_many_parts_in_their_order(params string[] ranges)
    {
        Answer answer = await GetAsync(("Range", $"bytes={string.Join(", ", ranges)}"));

        (int Start, int Length)[] asked = [.. ranges.Select(Read)];
        if (Overlap(asked))
        {
            Assert.Equal(_blob.Content, answer.Expect(200).Body);
            return;
        }

        answer.Expect(206);
        Assert.Equal(answer.Body.Length.ToString(CultureInfo.InvariantCulture), answer["Content-Length"]);
        Assert.Null(answer["Content-Range"]);
        Assert.Equal(asked.Select(part => ($"bytes {part.Start}-{part.Start + part.Length - 1}/{Length}", _blob[part.Start..(part.Start + part.Length)])), ReadParts(answer));
    }

    [Fact]
    [Trait("Protocol", "B9")]
    public async Task Ranges_with_nothing_in_them_are_left_out()
    {
        Answer answer = (await GetAsync(("Range", "bytes=5000-6000,10-19,7000-"))).Expect(206);

        if (answer["Content-Range"] is { } range)
        {
            Assert.Equal($"bytes 10-19/{Length}", range);
            Assert.Equal(_blob[10..20], answer.Body);
        }
        else
        {
            Assert.Equal([($"bytes 10-19/{Length}", _blob[10..20])], ReadParts(answer));
        }
    }

    [Theory]
    [Trait("Protocol", "B9")]
    [InlineData("bytes=0-9,5-14")]
    [InlineData("bytes=0-,0-,0-,0-,0-")]
    [InlineData("bytes=100-199,0-1000")]
    [InlineData("bytes=-10,-20")]
    public async Task Ranges_that_overlap_are_answered_by_the_whole(string range) =>
        Assert.Equal(_blob.Content, (await GetAsync(("Range", range))).Expect(200).Body);

    [Fact]
    [Trait("Protocol", "B9")]
    public async Task As_many_ranges_as_there_may_be_are_answered_by_parts_and_more_by_the_whole()
    {
        string[] ranges = [.. Enumerable.Range(0, 1000).Select(static i => $"{i * 3}-{i * 3}")];

        Assert.Equal(256, ReadParts((await GetAsync(("Range", $"bytes={string.Join(',', ranges.Take(256))}"))).Expect(206)).Count());
        Assert.Equal(_blob.Content, (await GetAsync(("Range", $"bytes={string.Join(',', ranges)}"))).Expect(200).Body);
    }

    [Fact]
    [Trait("Protocol", "B9")]
    public async Task Two_range_headers_are_no_range()
    {
        await registry.Client.PushAsync(_repository, _blob);

        Answer answer = await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/blobs/{_blob.Sha256}", "Range: bytes=0-9", "Range: bytes=20-29");

        Assert.Equal(_blob.Content, answer.Expect(200).Body);
    }

    [Theory]
    [Trait("Protocol", "B12")]
    [InlineData("\"{0}\"", 206)]
    [InlineData("\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"", 200)]
    [InlineData("W/\"{0}\"", 200)]
    [InlineData("{0}", 200)]
    [InlineData("Wed, 21 Oct 2015 07:28:00 GMT", 200)]
    [InlineData("*", 200)]
    public async Task A_range_of_what_it_is_no_more_is_answered_by_the_whole(string condition, int status)
    {
        Answer answer = (await GetAsync(("Range", "bytes=10-19"), ("If-Range", condition.Replace("{0}", _blob.Sha256, StringComparison.Ordinal)))).Expect(status);

        Assert.Equal(status == 206 ? _blob[10..20] : _blob.Content, answer.Body);
    }

    [Theory]
    [Trait("Protocol", "B13")]
    [InlineData("bytes=10-19")]
    [InlineData("bytes=5000-")]
    [InlineData("bytes=0-1,5-6")]
    public async Task Head_is_about_the_whole(string range)
    {
        await registry.Client.PushAsync(_repository, _blob);

        Answer answer = (await registry.Client.HeadAsync($"/v2/{_repository}/blobs/{_blob.Sha256}", ("Range", range))).Expect(200);

        Assert.Equal($"{Length}", answer["Content-Length"]);
        Assert.Null(answer["Content-Range"]);
    }

    [Fact]
    [Trait("Protocol", "B10")]
    public async Task A_pull_that_broke_goes_on_where_it_was()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(2_000_000));
        byte[] head;
        using (RawHttp connection = await RawHttp.ConnectAsync(registry.Host))
        {
            await connection.SendHeadAsync($"GET /v2/{_repository}/blobs/{blob.Sha256}");
            head = await connection.ReadBodyPartAsync(700_000);
            connection.Break();
        }

        Answer rest = (await registry.Client.GetAsync($"/v2/{_repository}/blobs/{blob.Sha256}", ("Range", "bytes=700000-"))).Expect(206);

        Assert.Equal("bytes 700000-1999999/2000000", rest["Content-Range"]);
        Assert.Equal(blob.Content, (byte[])[.. head, .. rest.Body]);
    }

    [Fact]
    [Trait("Protocol", "B6")]
    public async Task Parts_pulled_at_once_make_the_whole()
    {
        TestBlob blob = await registry.Client.PushAsync(_repository, TestBlob.Random(2_000_000));

        Answer[] parts = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            registry.Client.GetAsync($"/v2/{_repository}/blobs/{blob.Sha256}", ("Range", $"bytes={i * 250_000}-{((i + 1) * 250_000) - 1}"))));

        Assert.Equal(blob.Content, parts.SelectMany(static part => part.Expect(206).Body));
    }

    private static (int Start, int Length) Read(string range)
    {
        string[] ends = range.Split('-');
        int start = ends[0].Length == 0 ? Math.Max(0, Length - int.Parse(ends[1], CultureInfo.InvariantCulture)) : int.Parse(ends[0], CultureInfo.InvariantCulture);
        int end = ends[0].Length == 0 ? Length - 1 : Math.Min(Length - 1, int.Parse(ends[1], CultureInfo.InvariantCulture));
        return (start, end - start + 1);
    }

    private static bool Overlap((int Start, int Length)[] parts) =>
        parts.SelectMany(static part => Enumerable.Range(part.Start, part.Length)).Distinct().Count() < parts.Sum(static part => part.Length);

    // As RFC 2046 has it: every part begins after a line with the boundary and ends before the line break that comes before the next.
    private static IEnumerable<(string Range, byte[] Content)> ReadParts(Answer answer)
    {
        const string type = "multipart/byteranges; boundary=";
        Assert.StartsWith(type, answer["Content-Type"], StringComparison.Ordinal);
        string body = Encoding.Latin1.GetString(answer.Body);
        string[] parts = $"\r\n{body}".Split($"\r\n--{answer["Content-Type"]![type.Length..]}");
        Assert.Equal("", parts[0]);
        Assert.Equal("--\r\n", parts[^1]);
        foreach (string part in parts[1..^1])
        {
            string[] halves = part.Split("\r\n\r\n", 2);
            string[] headers = halves[0].Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.Contains("Content-Type: application/octet-stream", headers);
            yield return (Assert.Single(headers, static header => header.StartsWith("Content-Range: ", StringComparison.Ordinal))["Content-Range: ".Length..], Encoding.Latin1.GetBytes(halves[1]));
        }
    }

    private async Task<Answer> GetAsync(params (string Name, string Value)[] headers)
    {
        await registry.Client.PushAsync(_repository, _blob);
        return await RawHttp.SendAsync(registry.Host, $"GET /v2/{_repository}/blobs/{_blob.Sha256}", [.. headers.Select(static header => $"{header.Name}: {header.Value}")]);
    }
}

public sealed class BlobRangeInMemoryTests(InMemoryRegistry registry) : BlobRangeTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class BlobRangeOnDiskTests(FileSystemRegistry registry) : BlobRangeTests(registry), IClassFixture<FileSystemRegistry>;
