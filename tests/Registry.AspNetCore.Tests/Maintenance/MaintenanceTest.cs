using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Registry.AspNetCore.Maintenance;
using Registry.AspNetCore.Tests.Testing;
using Registry.Maintenance.Jobs;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Maintenance;

/// <summary>Hosts over one store in memory, whose clock stands still until a test moves it.</summary>
public abstract class MaintenanceTest
{
    private protected MaintenanceTest() => Store = new InMemoryObjectStore(Time);

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2025, 1, 1, 12, 0, 0, TimeSpan.Zero));

    private protected InMemoryObjectStore Store { get; }

    private protected static IRegistryMaintenance MaintenanceOf(RegistryHost host) => host.Services.GetRequiredKeyedService<IRegistryMaintenance>("");

    private protected static void SwitchOff(DockerRegistryOptions options)
    {
        options.Maintenance.CollectionSchedule = JobSchedule.Off;
        options.Maintenance.RetentionSchedule = JobSchedule.Off;
        options.Maintenance.ReleasedInterval = null;
        options.Maintenance.Collection.OperationsPerSecond = null; // The clock stands while code collects.
    }

    private protected Task<RegistryHost> StartAsync(Action<DockerRegistryOptions>? configure = null, Action<IDockerRegistryBuilder>? more = null, IObjectStore? store = null) => RegistryHost.StartAsync(
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(Time);
            IDockerRegistryBuilder registry = builder.Services.AddDockerRegistry(configure).AddStorage(_ => store ?? Store.Share()).AllowAnonymous();
            more?.Invoke(registry);
        },
        static app => app.MapDockerRegistry());

    /// <summary>Lets time pass until something has come about.</summary>
    private protected Task UntilAsync(Func<Task<bool>> condition) => Eventually.IsAsync(async () =>
    {
        Time.Advance(TimeSpan.FromMinutes(10));
        return await condition();
    });

    private protected async Task<int> CountAsync(string prefix) => (await Store.ListAsync(prefix, null, 1_000, Cancel)).Keys.Count;
}
