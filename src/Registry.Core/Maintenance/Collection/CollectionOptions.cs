namespace Registry.Maintenance.Collection;

/// <summary>How content that nothing needs any more is collected. The period for which content is kept before a manifest names it is <see cref="Content.ContentOptions.GracePeriod"/>.</summary>
public sealed class CollectionOptions
{
    /// <summary>How long an upload that nobody goes on with is kept: 7 days by default, from 1 hour to 90 days. It goes by when a request for it last began or ended, and so has to be longer than one request may take. One that broke off while it was being finished is kept as long.</summary>
    public TimeSpan UploadLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// The most operations on the store in a second, for each store and host, so that pulls and pushes do not feel the collector: 500 by default, from 10 to 1,000,000; <see langword="null"/> sets no limit. A listing
    /// is one operation and one for every 25 keys that it finds; a write or a removal counts as four. At the default a scan of a million blobs with five million refs takes less than an hour.
    /// </summary>
    public int? OperationsPerSecond { get; set; } = 500;

    /// <summary>How many operations on the store are under way at once: 8 by default, from 1 to 256.</summary>
    public int Concurrency { get; set; } = 8;

    /// <summary>
    /// How many parts the digests are shared out in: several hosts take parts of a scan, and one that stops leaves no more than a part to be gone on with. 16 by default; 1, 2, 4, 8 or 16.
    /// </summary>
    public int Parts { get; set; } = 16;

    /// <summary>How long a host that takes a part of a scan may be silent before another goes on with it: 2 minutes by default, from 10 seconds to 1 hour. It saves work and nothing else depends on it.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Names every setting that is out of its range.</summary>
    internal IEnumerable<string> Validate()
    {
        if (UploadLifetime < TimeSpan.FromHours(1) || UploadLifetime > TimeSpan.FromDays(90))
        {
            yield return $"{nameof(UploadLifetime)} is {UploadLifetime}; it must be from 1 hour to 90 days.";
        }

        if (OperationsPerSecond is < 10 or > 1_000_000)
        {
            yield return $"{nameof(OperationsPerSecond)} is {OperationsPerSecond}; it must be from 10 to 1,000,000, or null for no limit.";
        }

        if (Concurrency is < 1 or > 256)
        {
            yield return $"{nameof(Concurrency)} is {Concurrency}; it must be from 1 to 256.";
        }

        if (Parts is not (1 or 2 or 4 or 8 or 16))
        {
            yield return $"{nameof(Parts)} is {Parts}; it must be 1, 2, 4, 8 or 16.";
        }

        if (LeaseDuration < TimeSpan.FromSeconds(10) || LeaseDuration > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(LeaseDuration)} is {LeaseDuration}; it must be from 10 seconds to 1 hour.";
        }
    }
}
