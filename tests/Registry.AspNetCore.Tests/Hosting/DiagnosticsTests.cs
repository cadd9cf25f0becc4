using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Hosting;

/// <summary>The meter and the activity source, both named Registry.</summary>
public sealed class DiagnosticsTests
{
    [Fact]
    public async Task Operations_and_bytes_are_counted_without_names_of_content()
    {
        await using RegistryHost host = await StartAsync("metered");
        using var measured = new Measurements(host);
        byte[] content = new byte[12_345];

        string digest = await host.Client.PushBlobAsync("app", content);
        await host.Client.FetchAsync($"/v2/app/blobs/{digest}").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync($"/v2/app/blobs/{digest}", ("Range", "bytes=0-99")).ShouldBeAsync(HttpStatusCode.PartialContent);
        await host.Client.FetchAsync("/v2/app/manifests/none").ShouldBeAsync(HttpStatusCode.NotFound);
        await host.Client.FetchAsync("/v2/no/such/path").ShouldBeAsync(HttpStatusCode.NotFound);

        await measured.UntilEndedAsync(operations: 5);
        Assert.Equal(12_345, measured.Of("registry.blob.received").Sum(static item => item.Value));
        Assert.Equal(12_345 + 100, measured.Of("registry.blob.sent").Sum(static item => item.Value));
        Assert.Equal(0, measured.Of("registry.operation.active").Sum(static item => item.Value));
        Assert.Equal(
            ["blob.get 200", "blob.get 206", "manifest.get 404", "unknown 404", "upload.start 201"],
            measured.Of("registry.operation.duration").Select(static item => $"{item.Tags["operation"]} {item.Tags["status"]}").Order(StringComparer.Ordinal));
        Assert.All(measured.Of("registry.operation.duration"), static item =>
        {
            Assert.Equal("metered", item.Tags["registry"]);
            Assert.InRange(item.Value, 0, 60);
        });
        Assert.All(measured.All, static item => Assert.All(item.Tags.Values, static value =>
        {
            Assert.DoesNotContain("app", value?.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("sha256", value?.ToString(), StringComparison.Ordinal);
        }));
    }

    [Fact]
    public async Task Operations_are_traced()
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Registry",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("registry.name") is "traced")
                {
                    stopped.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var store = new FaultyStore();
        await using RegistryHost host = await RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry("traced").AddStorage(_ => store).AllowAnonymous(), static app => app.MapDockerRegistry("/v2", "traced"));

        await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/app/manifests/none").ShouldBeAsync(HttpStatusCode.NotFound);
        store.Before = static (_, _) => throw new IOException("disk");
        await host.Client.FetchAsync("/v2/app/manifests/none").ShouldBeAsync(HttpStatusCode.InternalServerError);

        await Wait.UntilAsync(() => stopped.Count == 3);
        Assert.Equal(
            ["manifest.get 404 Unset", "manifest.get 500 Error", "version 200 Unset"],
            stopped.Select(static activity => $"{activity.OperationName} {activity.GetTagItem("http.response.status_code")} {activity.Status}").Order(StringComparer.Ordinal));
    }

    private static Task<RegistryHost> StartAsync(string name) => RegistryHost.StartAsync(
        builder => builder.Services.AddDockerRegistry(name).AddInMemoryStorage().AllowAnonymous(), app => app.MapDockerRegistry("/v2", name));
}
