using Registry.Model;

namespace Registry.Content.Uploads;

internal enum UploadOutcome
{
    /// <summary>The bytes were taken.</summary>
    Accepted,

    /// <summary>There is no such session in the repository, or not any more.</summary>
    Unknown,

    /// <summary>The chunk does not start where the session's bytes end, or someone else is appending.</summary>
    OutOfOrder,
}

/// <summary>What came of a request to an upload session.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Offset">How many bytes the session has, unless it is unknown.</param>
/// <param name="Digest">The blob that was committed, for a closing request that was accepted.</param>
internal readonly record struct UploadResult(UploadOutcome Outcome, long Offset = 0, Digest Digest = default)
{
    public static UploadResult Unknown => new(UploadOutcome.Unknown);

    public static UploadResult Accepted(long offset) => new(UploadOutcome.Accepted, offset);

    public static UploadResult Committed(Digest digest, long size) => new(UploadOutcome.Accepted, size, digest);

    public static UploadResult OutOfOrder(long offset) => new(UploadOutcome.OutOfOrder, offset);
}

/// <summary>Where a chunk says that it belongs.</summary>
/// <param name="Start">Its first byte's position in the blob.</param>
/// <param name="Length">How many bytes it has.</param>
internal readonly record struct ChunkRange(long Start, long Length);
