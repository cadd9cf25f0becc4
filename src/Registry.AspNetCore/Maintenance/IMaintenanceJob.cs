using Registry.Maintenance.Jobs;

namespace Registry.AspNetCore.Maintenance;

/// <summary>A job that a host runs on a schedule.</summary>
internal interface IMaintenanceJob
{
    /// <summary>Its name, in logs and metrics.</summary>
    string Name { get; }

    JobSchedule Schedule { get; }

    /// <summary>Runs what is due.</summary>
    /// <param name="notSince">What any host finished after this needs no other run.</param>
    /// <param name="cancellationToken">Ends the run; the next one goes on where it stopped.</param>
    /// <returns>Whether all of it is done, by whomever.</returns>
    ValueTask<bool> RunAsync(DateTimeOffset notSince, CancellationToken cancellationToken);
}
