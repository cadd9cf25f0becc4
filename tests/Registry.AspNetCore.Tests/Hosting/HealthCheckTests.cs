using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Registry.AspNetCore.Tests.Testing;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.Hosting;

public sealed class HealthCheckTests : IAsyncLifetime
{
    private readonly FaultyStore _store = new();
    private RegistryHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.StartAsync(
        builder =>
        {
            builder.Services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous();
            builder.Services.AddDockerRegistry("images").AddStorage(_ => _store).AllowAnonymous();
            builder.Services.AddHealthChecks().AddDockerRegistry().AddDockerRegistry("images", tags: ["ready"]).AddDockerRegistry("images", "mine");
        },
        static app => app.MapHealthChecks("/health"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_registry_whose_store_can_be_read_is_healthy()
    {
        HttpResponseMessage response = await _host.Client.FetchAsync("/health");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Healthy", await response.TextAsync());
        HealthReport report = await CheckAsync();
        Assert.Equal(["docker-registry", "docker-registry-images", "mine"], report.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["ready"], report.Entries["docker-registry-images"].Tags);
    }

    public static TheoryData<Exception> Faults => [new StoreUnavailableException(), new IOException("disk"), new TimeoutException(), new UnauthorizedAccessException()];

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task A_registry_whose_store_cannot_be_read_is_unhealthy_and_the_others_are_not(Exception fault)
    {
        _store.Before = (_, _) => throw fault;

        HttpResponseMessage response = await _host.Client.FetchAsync("/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        HealthReport report = await CheckAsync();
        Assert.Equal(HealthStatus.Healthy, report.Entries["docker-registry"].Status);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries["docker-registry-images"].Status);
        Assert.Same(fault, report.Entries["docker-registry-images"].Exception);
        _store.Before = null;
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Fact]
    public async Task A_registry_whose_store_became_another_is_unhealthy()
    {
        await _store.PutAsync("registry-format", Images.Bytes("{\"format\":\"registry\",\"version\":2}"), PutCondition.None, TestContext.Current.CancellationToken);

        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync()).Entries["docker-registry-images"].Status);
    }

    private Task<HealthReport> CheckAsync() => _host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
}
