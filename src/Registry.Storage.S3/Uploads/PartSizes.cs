namespace Registry.Storage.S3.Uploads;

/// <summary>
/// How large the parts of a multipart upload are: 8 MiB, doubling every 800 parts up to 1 GiB, so that 5 TiB fit in the 10,000 parts that S3 allows and
/// uploads of a usual size take small buffers.
/// </summary>
internal static class PartSizes
{
    public const int MiB = 1024 * 1024;

    /// <summary>What S3 takes as a part that is not the last: a shorter tail is kept as an object of its own.</summary>
    public const int Least = 5 * MiB;

    public const int First = 8 * MiB;

    public const int Most = 1024 * MiB;

    public const int MaxParts = 10_000;

    private const int PartsPerStep = 800;

    /// <summary>The size of a part.</summary>
    /// <param name="number">The part's number, from 1 on.</param>
    public static int Of(int number) => First << Math.Min((number - 1) / PartsPerStep, 7);

    /// <summary>How many parts of that size may be on their way at once, so that memory stays bounded as parts grow.</summary>
    public static int InFlight(int partSize, int mostInFlight) => Math.Clamp((int)((long)mostInFlight * 2 * First / partSize), 1, mostInFlight);
}
