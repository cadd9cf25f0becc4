using Registry.Maintenance.Collection;
using Registry.Maintenance.Jobs;

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
    }
}
