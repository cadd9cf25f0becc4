using Registry.Content.Uploads;
using Registry.Errors;
using Registry.Model;

namespace Registry.Core.Tests.Content.Uploads;

/// <summary>Upload sessions as one client after the other uses them.</summary>
public sealed class UploadSessionsTests : UploadTest
{
    // Sizes around those of the buffers that bodies are copied through.
    public static TheoryData<int> Sizes => [0, 1, 4_095, 4_096, 4_097, 65_536, 262_143, 262_144, 262_145, 1_000_003];

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_blob_is_uploaded_in_one_request(int size)
    {
        byte[] bytes = Bytes(size);
        string id = await Root.StartAsync(Repo);

        Assert.Equal(UploadResult.Committed(Sha256(bytes), size), await FinishAsync(id, Sha256(bytes), bytes));

        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_blob_is_streamed_without_its_length_being_known(int size)
    {
        byte[] bytes = Bytes(size);
        string id = await Root.StartAsync(Repo);

        Assert.Equal(UploadResult.Accepted(size), await Root.Uploads.AppendAsync(Repo, id, Streamed(bytes), null, Cancel));
        Assert.Equal(UploadResult.Accepted(size), await StatusAsync(id));
        Assert.Equal(UploadResult.Committed(Sha256(bytes), size), await FinishAsync(id, Sha256(bytes)));

        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task The_whole_of_a_blob_is_streamed_into_the_closing_request()
    {
        byte[] bytes = Bytes(300_000);
        string id = await Root.StartAsync(Repo);

        await Root.Uploads.FinishAsync(Repo, id, [Sha256(bytes)], Streamed(bytes), null, Cancel);

        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(65_536)]
    public async Task A_blob_is_uploaded_in_chunks_that_say_where_they_belong(int chunk)
    {
        byte[] bytes = Bytes(chunk * 7);
        string id = await Root.StartAsync(Repo);
        for (int start = 0; start < bytes.Length; start += chunk)
        {
            Assert.Equal(UploadResult.Accepted(start + chunk), await AppendAsync(id, bytes[start..(start + chunk)], new ChunkRange(start, chunk)));
            Assert.Equal(UploadResult.Accepted(start + chunk), await StatusAsync(id));
        }

        Assert.Equal(UploadResult.Committed(Sha256(bytes), bytes.Length), await FinishAsync(id, Sha256(bytes)));

        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_last_chunk_may_come_with_the_closing_request(bool ranged)
    {
        byte[] bytes = Bytes(10_000);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(id, bytes[..6_000]);

        UploadResult result = await FinishAsync(id, Sha256(bytes), bytes[6_000..], ranged ? new ChunkRange(6_000, 4_000) : null);

        Assert.Equal(UploadResult.Committed(Sha256(bytes), bytes.Length), result);
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task An_empty_body_changes_nothing()
    {
        byte[] bytes = Bytes(10);
        string id = await Root.StartAsync(Repo);

        Assert.Equal(UploadResult.Accepted(0), await AppendAsync(id, []));
        Assert.Equal(UploadResult.Accepted(10), await AppendAsync(id, bytes));
        Assert.Equal(UploadResult.Accepted(10), await AppendAsync(id, []));
        Assert.Equal(UploadResult.Accepted(10), await AppendAsync(id, [], new ChunkRange(10, 0)));
        Assert.Equal(UploadResult.Committed(Sha256(bytes), 10), await FinishAsync(id, Sha256(bytes), []));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_empty_blob_is_a_blob(bool appendFirst, bool closeWithBody)
    {
        string id = await Root.StartAsync(Repo);
        if (appendFirst)
        {
            await AppendAsync(id, []);
        }

        Assert.Equal(UploadResult.Committed(Sha256([]), 0), await FinishAsync(id, Sha256([]), closeWithBody ? [] : null));

        await AssertStoredAsync(Sha256([]), [], id);
    }

    // P2
    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(long.MaxValue)]
    public async Task A_chunk_out_of_order_is_not_taken_and_the_session_goes_on(long start)
    {
        byte[] bytes = Bytes(20);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(id, bytes[..10]);

        Assert.Equal(UploadResult.OutOfOrder(10), await AppendAsync(id, bytes[10..], new ChunkRange(start, 10)));
        Assert.Equal(UploadResult.OutOfOrder(10), await FinishAsync(id, Sha256(bytes), bytes[10..], new ChunkRange(start, 10)));
        Assert.Equal(UploadResult.OutOfOrder(10), await FinishAsync(id, Sha256(bytes), null, new ChunkRange(start, 0)));

        Assert.Equal(UploadResult.Accepted(10), await StatusAsync(id));
        await FinishAsync(id, Sha256(bytes), bytes[10..], new ChunkRange(10, 10));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task A_range_without_a_body_has_to_be_empty()
    {
        byte[] bytes = Bytes(20);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(id, bytes);

        Assert.Equal(UploadResult.OutOfOrder(20), await FinishAsync(id, Sha256(bytes), null, new ChunkRange(20, 1)));
        Assert.Equal(UploadResult.Committed(Sha256(bytes), 20), await FinishAsync(id, Sha256(bytes), null, new ChunkRange(20, 0)));
    }

    // P6
    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(300_000)]
    public async Task A_chunk_of_another_length_than_it_says_leaves_the_offset_where_it_was(int length)
    {
        byte[] bytes = Bytes(20);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(id, bytes[..10]);

        Assert.Equal(RegistryErrorCode.SizeInvalid, await RefusedAsync(() => AppendAsync(id, Bytes(length, 1), new ChunkRange(10, 10))));
        Assert.Equal(RegistryErrorCode.SizeInvalid, await RefusedAsync(async () => await Root.Uploads.AppendAsync(Repo, id, Streamed(Bytes(length, 1)), new ChunkRange(10, 10), Cancel)));
        Assert.Equal(RegistryErrorCode.SizeInvalid, await RefusedAsync(() => FinishAsync(id, Sha256(bytes), Bytes(length, 1), new ChunkRange(10, 10))));

        Assert.Equal(UploadResult.Accepted(10), await StatusAsync(id));
        await AppendAsync(id, bytes[10..], new ChunkRange(10, 10));
        await FinishAsync(id, Sha256(bytes));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    // U3, F7
    [Theory]
    [InlineData("sha256", "sha512", false)]
    [InlineData("sha256", "sha512", true)]
    [InlineData("sha512", "sha512", false)]
    [InlineData("sha512", "sha512", true)]
    [InlineData("sha512", "sha256", false)]
    [InlineData("sha512", "sha256", true)]
    public async Task A_blob_is_stored_under_a_digest_of_any_supported_algorithm(string announced, string used, bool chunked)
    {
        byte[] bytes = Bytes(500_000);
        Digest digest = DigestAlgorithm.Find(used)!.Compute(bytes);
        string id = await Root.Uploads.StartAsync(Repo, DigestAlgorithm.Find(announced)!, Cancel);
        if (chunked)
        {
            await AppendAsync(id, bytes[..200_000]);
            await AppendAsync(id, bytes[200_000..400_000]);
        }

        Assert.Equal(UploadResult.Committed(digest, bytes.Length), await FinishAsync(id, digest, chunked ? bytes[400_000..] : bytes));

        await AssertStoredAsync(digest, bytes, id);
    }

    [Fact]
    public async Task An_empty_blob_has_a_digest_of_every_algorithm()
    {
        string id = await Root.StartAsync(Repo);

        Assert.Equal(UploadResult.Committed(Sha512([]), 0), await FinishAsync(id, Sha512([])));

        await AssertStoredAsync(Sha512([]), [], id);
    }

    // F4
    [Theory]
    [InlineData("sha256", false)]
    [InlineData("sha256", true)]
    [InlineData("sha512", false)]
    [InlineData("sha512", true)]
    public async Task A_wrong_digest_drops_the_upload(string used, bool appended)
    {
        byte[] bytes = Bytes(1_000);
        Digest wrong = DigestAlgorithm.Find(used)!.Compute("something else"u8);
        string id = await Root.StartAsync(Repo);
        if (appended)
        {
            await AppendAsync(id, bytes);
        }

        Assert.Equal(RegistryErrorCode.DigestInvalid, await RefusedAsync(() => FinishAsync(id, wrong, appended ? null : bytes)));

        await AssertDroppedAsync(id);
        Assert.Null(await Root.ReadBlobAsync(Repo, wrong));
        Assert.Equal(UploadResult.Unknown, await AppendAsync(id, bytes));
    }

    [Fact]
    public async Task A_wrong_digest_of_an_empty_upload_drops_it()
    {
        string id = await Root.StartAsync(Repo);

        Assert.Equal(RegistryErrorCode.DigestInvalid, await RefusedAsync(() => FinishAsync(id, Sha256("x"u8))));

        await AssertDroppedAsync(id);
    }

    // F8
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_of_several_digests_must_hold(bool chunked)
    {
        byte[] bytes = Bytes(1_000);
        Digest[] right = [Sha256(bytes), Sha512(bytes), Sha256(bytes)];
        string id = await Root.StartAsync(Repo);
        if (chunked)
        {
            await AppendAsync(id, bytes);
        }

        UploadBody? body = chunked ? null : Body(bytes);
        Assert.Equal(UploadResult.Committed(Sha256(bytes), 1_000), await Root.Uploads.FinishAsync(Repo, id, right, body, null, Cancel));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Theory]
    [InlineData("sha256", false)]
    [InlineData("sha256", true)]
    [InlineData("sha512", false)]
    [InlineData("sha512", true)]
    public async Task One_wrong_digest_of_several_drops_the_upload(string wrong, bool chunked)
    {
        byte[] bytes = Bytes(1_000);
        Digest[] digests = [Sha256(bytes), Sha512(bytes), DigestAlgorithm.Find(wrong)!.Compute("something else"u8)];
        string id = await Root.StartAsync(Repo);
        if (chunked)
        {
            await AppendAsync(id, bytes);
        }

        UploadBody? body = chunked ? null : Body(bytes);
        Assert.Equal(RegistryErrorCode.DigestInvalid, await RefusedAsync(async () => await Root.Uploads.FinishAsync(Repo, id, digests, body, null, Cancel)));
        await AssertDroppedAsync(id);
    }

    // P10, Z1, Z2
    [Fact]
    public async Task A_finished_session_is_unknown()
    {
        byte[] bytes = Bytes(10);
        string id = await Root.StartAsync(Repo);
        await FinishAsync(id, Sha256(bytes), bytes);

        Assert.Equal(UploadResult.Unknown, await FinishAsync(id, Sha256(bytes), bytes));
        Assert.Equal(UploadResult.Unknown, await FinishAsync(id, Sha256(bytes)));
        Assert.Equal(UploadResult.Unknown, await AppendAsync(id, bytes));
        Assert.False(await Root.Uploads.CancelAsync(Repo, id, Cancel));
        await AssertStoredAsync(Sha256(bytes), bytes, id);
    }

    [Fact]
    public async Task A_cancelled_session_is_unknown_and_its_bytes_are_gone()
    {
        byte[] bytes = Bytes(10);
        string id = await Root.StartAsync(Repo);
        await AppendAsync(id, bytes);

        Assert.True(await Root.Uploads.CancelAsync(Repo, id, Cancel));

        Assert.False(await Root.Uploads.CancelAsync(Repo, id, Cancel));
        Assert.Equal(UploadResult.Unknown, await AppendAsync(id, bytes));
        Assert.Equal(UploadResult.Unknown, await FinishAsync(id, Sha256(bytes)));
        await AssertDroppedAsync(id);
    }

    // N10
    [Fact]
    public async Task A_session_is_one_of_its_repository_only()
    {
        byte[] bytes = Bytes(10);
        string id = await Root.StartAsync(Repo);

        Assert.Equal(UploadResult.Unknown, await Root.Uploads.StatusAsync(OtherRepo, id, Cancel));
        Assert.Equal(UploadResult.Unknown, await Root.Uploads.AppendAsync(OtherRepo, id, Body(bytes), null, Cancel));
        Assert.Equal(UploadResult.Unknown, await Root.Uploads.FinishAsync(OtherRepo, id, [Sha256(bytes)], Body(bytes), null, Cancel));
        Assert.False(await Root.Uploads.CancelAsync(OtherRepo, id, Cancel));
        Assert.Equal(UploadResult.Accepted(0), await StatusAsync(id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01arz3ndektsv4rrffq69g5fav")]
    [InlineData("../data/x")]
    [InlineData("x/../../registry-format")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    [InlineData("a\0b")]
    public async Task An_id_that_is_none_is_unknown(string id)
    {
        Assert.Equal(UploadResult.Unknown, await StatusAsync(id));
        Assert.Equal(UploadResult.Unknown, await AppendAsync(id, []));
        Assert.Equal(UploadResult.Unknown, await FinishAsync(id, Sha256([])));
        Assert.False(await Root.Uploads.CancelAsync(Repo, id, Cancel));
    }

    // F14
    [Fact]
    public async Task A_blob_of_the_largest_size_is_taken_and_one_byte_more_is_not()
    {
        Options.MaxBlobBytes = 1_000;
        byte[] bytes = Bytes(1_001);
        string id = await Root.StartAsync(Repo);

        Assert.Equal(RegistryErrorCode.BlobTooLarge, await RefusedAsync(() => FinishAsync(id, Sha256(bytes), bytes)));
        Assert.Equal(RegistryErrorCode.BlobTooLarge, await RefusedAsync(() => AppendAsync(id, bytes)));
        Assert.Equal(RegistryErrorCode.BlobTooLarge, await RefusedAsync(async () => await Root.Uploads.AppendAsync(Repo, id, Streamed(bytes), null, Cancel)));
        Assert.Equal(UploadResult.Accepted(0), await StatusAsync(id));
        await AppendAsync(id, bytes[..999]);
        Assert.Equal(RegistryErrorCode.BlobTooLarge, await RefusedAsync(() => AppendAsync(id, bytes[999..])));
        Assert.Equal(UploadResult.Accepted(999), await StatusAsync(id));

        await FinishAsync(id, Sha256(bytes.AsSpan(..1_000)), bytes[999..1_000]);
        await AssertStoredAsync(Sha256(bytes.AsSpan(..1_000)), bytes[..1_000], id);
    }

    [Fact]
    public async Task A_chunk_that_would_make_the_blob_too_large_is_told_so_whatever_its_range_says()
    {
        Options.MaxBlobBytes = 1_000;
        string id = await Root.StartAsync(Repo);

        Assert.Equal(RegistryErrorCode.BlobTooLarge, await RefusedAsync(() => AppendAsync(id, Bytes(1_001), new ChunkRange(0, 1_001))));
        Assert.Equal(UploadResult.Accepted(0), await StatusAsync(id));
    }

    [Fact]
    public async Task A_body_that_is_announced_as_too_large_is_refused_before_it_is_read()
    {
        Options.MaxBlobBytes = 1_000;
        string id = await Root.StartAsync(Repo);
        var body = new MemoryStream(Bytes(2_000));

        Assert.Equal(RegistryErrorCode.BlobTooLarge, await RefusedAsync(async () => await Root.Uploads.AppendAsync(Repo, id, new UploadBody(body, 2_000), null, Cancel)));
        Assert.Equal(0, body.Position);
    }

    // F10
    [Fact]
    public async Task Uploading_what_is_there_already_drops_the_new_bytes()
    {
        byte[] bytes = Bytes(1_000);
        await Root.PushBlobAsync(Repo, bytes);
        string data = Assert.Single(await KeysAsync("data/"));

        await Root.PushBlobAsync(Repo, bytes);
        await Root.PushBlobAsync(OtherRepo, bytes);

        Assert.Equal(data, Assert.Single(await KeysAsync("data/")));
        Assert.Equal(bytes, await Root.ReadBlobAsync(OtherRepo, Sha256(bytes)));
    }
}
