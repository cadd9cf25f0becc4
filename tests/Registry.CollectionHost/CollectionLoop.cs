using Registry.AspNetCore.Maintenance;

namespace Registry.CollectionHost;

/// <summary>Collects again and again, without a pause.</summary>
internal sealed class CollectionLoop(IRegistryMaintenance maintenance, CancellationToken stopping)
{
    // What tests look for in the log.
    private const string Mark = "THE COLLECTOR FAILED:";

    public async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                foreach (var report in await maintenance.CollectAsync(dryRun: false, stopping))
                {
                    if (report.Counts.Failures > 0)
                    {
                        Console.WriteLine($"{Mark} {report}");
                    }
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Console.WriteLine($"{Mark} {exception}");
            }
        }
    }
}
