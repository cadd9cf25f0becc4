using Registry.Feeds;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Scrubbing;

namespace Registry.AspNetCore;

/// <summary>What a host does to keep a registry small and whole, and when. Every host of a registry does its part; they agree on it through the store.</summary>
public sealed class MaintenanceOptions
{
    /// <summary>When the whole store is scanned for what nothing needs: every 24 hours by default.</summary>
    public JobSchedule CollectionSchedule { get; set; } = JobSchedule.Every(TimeSpan.FromHours(24));

    /// <summary>
    /// How often a host looks at what it let go of itself, to collect it without waiting for the scan: every minute by default, from 1 second to 1 day; <see langword="null"/> leaves it to the scan.
    /// </summary>
    public TimeSpan? ReleasedInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How content is collected.</summary>
    public CollectionOptions Collection { get; } = new();

    /// <summary>When the rules are carried out on what feeds keep (<see cref="Feed.Retention"/>): every 24 hours by default. Without rules there is nothing to do.</summary>
    public JobSchedule RetentionSchedule { get; set; } = JobSchedule.Every(TimeSpan.FromHours(24));

    /// <summary>When stores are read again and checked: never by default, since it reads every byte, which takes long and on some stores costs money.</summary>
    public JobSchedule ScrubSchedule { get; set; } = JobSchedule.Off;

    /// <summary>How stores are read again and checked.</summary>
    public ScrubOptions Scrub { get; } = new();

    /// <summary>
    /// The store that a scrub takes good copies from, of what it finds broken or missing: one that was added with <c>AddStore</c>, and is a copy of the others. It is only read. <see langword="null"/>, the default, has none.
    /// </summary>
    public string? SecondCopy { get; set; }

    /// <summary>
    /// When everything that has a quota is counted anew: every 24 hours by default. What comes to have a quota is counted soon, whatever this says.
    /// </summary>
    public JobSchedule QuotaSchedule { get; set; } = JobSchedule.Every(TimeSpan.FromHours(24));

    /// <summary>Names every setting that is out of its range.</summary>
    internal IEnumerable<string> Validate()
    {
        if (ReleasedInterval < TimeSpan.FromSeconds(1) || ReleasedInterval > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(ReleasedInterval)} is {ReleasedInterval}; it must be from 1 second to 1 day, or null.";
        }

        foreach (string mistake in Collection.Validate())
        {
            yield return $"{nameof(Collection)}.{mistake}";
        }

        foreach (string mistake in Scrub.Validate())
        {
            yield return $"{nameof(Scrub)}.{mistake}";
        }
    }
}
