using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Tests.Testing;
using Registry.Storage;

namespace Registry.AspNetCore.Tests.Hosting;

/// <summary>What a host has to say before its registry takes a request.</summary>
public sealed class StartupTests
{
    [Fact]
    public async Task The_five_lines_of_the_readme_are_a_registry_that_survives_a_restart()
    {
        using var folder = new TempFolder();
        PushedImage? image = null;
        for (int start = 0; start < 2; start++)
        {
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = folder.Path });
            builder.Services.AddDockerRegistry().AddFileSystemStorage("data").AllowAnonymous();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");

            await using var app = builder.Build();
            app.MapDockerRegistry("/v2");
            await app.StartAsync(TestContext.Current.CancellationToken);
            using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
            image ??= await client.PushImageAsync("library/app", "v1");

            Assert.Equal(image.Manifest, await (await client.FetchAsync("/v2/library/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK)).BytesAsync());
            Assert.Equal(Images.Bytes("layer "), await (await client.FetchAsync($"/v2/library/app/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.OK)).BytesAsync());
            await app.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(Directory.Exists(Path.Combine(folder.Path, "data")));
    }

    [Fact]
    public async Task A_registry_without_storage_and_access_does_not_start_and_says_what_is_missing()
    {
        string message = await FailureAsync(static services => services.AddDockerRegistry());

        Assert.Contains("it has no storage", message, StringComparison.Ordinal);
        Assert.Contains("AddFileSystemStorage", message, StringComparison.Ordinal);
        Assert.Contains("nobody has been given access", message, StringComparison.Ordinal);
        Assert.Contains("AllowAnonymous()", message, StringComparison.Ordinal);
        Assert.Contains("UseAuthorization", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_is_closed_until_somebody_is_let_in()
    {
        string message = await FailureAsync(static services => services.AddDockerRegistry().AddInMemoryStorage());

        Assert.Contains("nobody has been given access", message, StringComparison.Ordinal);
        Assert.DoesNotContain("storage", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_mistake_of_every_registry_is_named_at_once()
    {
        string message = await FailureAsync(static services =>
        {
            services.AddDockerRegistry(static options => options.CatalogPageSize = 0).AllowAnonymous();
            services.AddDockerRegistry("one", static options =>
            {
                options.MaxPageSize = 99;
                options.CatalogPageSize = 99;
                options.Warnings.Add("ü");
                options.Content.GracePeriod = TimeSpan.FromMilliseconds(1);
            }).AddInMemoryStorage();
            services.AddDockerRegistry("right").AddInMemoryStorage().AllowAnonymousPull();
        });

        string[] lines = message.Split(Environment.NewLine);
        Assert.Equal(7, lines.Length);
        Assert.Contains(lines, static line => line.StartsWith("- it has no storage", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("- CatalogPageSize is 0", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("- Registry 'one': MaxPageSize is 99", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("- Registry 'one': Content.GracePeriod is 00:00:00.001", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("- Registry 'one': Warnings", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("- Registry 'one': nobody has been given access", StringComparison.Ordinal));
    }

    public static TheoryData<string, Action<DockerRegistryOptions>> OutOfRange => new()
    {
        { "MaxPageSize", static options => (options.MaxPageSize, options.CatalogPageSize) = (99, 50) },
        { "MaxPageSize", static options => options.MaxPageSize = 100_001 },
        { "CatalogPageSize", static options => options.CatalogPageSize = 0 },
        { "CatalogPageSize", static options => options.CatalogPageSize = -1 },
        { "CatalogPageSize", static options => options.CatalogPageSize = 10_001 },
        { "Content.MaxManifestBytes", static options => options.Content.MaxManifestBytes = (4 * 1024 * 1024) - 1 },
        { "Content.MaxManifestBytes", static options => options.Content.MaxManifestBytes = (7 * 1024 * 1024) + 1 },
        { "Content.MaxBlobBytes", static options => options.Content.MaxBlobBytes = 0 },
        { "Content.GracePeriod", static options => options.Content.GracePeriod = TimeSpan.FromMilliseconds(999) },
        { "Content.GracePeriod", static options => options.Content.GracePeriod = TimeSpan.FromDays(91) },
        { "Content.StoreConcurrency", static options => options.Content.StoreConcurrency = 0 },
        { "Content.StoreConcurrency", static options => options.Content.StoreConcurrency = 257 },
    };

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public async Task An_option_out_of_its_range_stops_the_start(string name, Action<DockerRegistryOptions> configure)
    {
        string message = await FailureAsync(services => services.AddDockerRegistry(configure).AddInMemoryStorage().AllowAnonymous());

        Assert.Contains($"- {name} is ", message, StringComparison.Ordinal);
        Assert.Contains("must be", message, StringComparison.Ordinal);
        Assert.Equal(2, message.Split(Environment.NewLine).Length);
    }

    public static TheoryData<Action<DockerRegistryOptions>> AtTheEdge => new(
        static options => options.MaxPageSize = 100,
        static options => options.MaxPageSize = 100_000,
        static options => options.CatalogPageSize = 1,
        static options => options.CatalogPageSize = 10_000,
        static options => options.Content.MaxManifestBytes = 7 * 1024 * 1024,
        static options => options.Content.MaxBlobBytes = 1,
        static options => options.Content.GracePeriod = TimeSpan.FromSeconds(1),
        static options => options.Content.GracePeriod = TimeSpan.FromDays(90),
        static options => options.Content.StoreConcurrency = 1,
        static options => options.Content.StoreConcurrency = 256);

    [Theory]
    [MemberData(nameof(AtTheEdge), DisableDiscoveryEnumeration = true)]
    public async Task An_option_at_the_edge_of_its_range_is_taken(Action<DockerRegistryOptions> configure)
    {
        await using RegistryHost host = await RegistryHost.StartAsync(configure);

        await host.Client.PushManifestAsync("app", "v1", Images.Index(""), Images.OciIndex);
    }

    [Theory]
    [InlineData("", "AddDockerRegistry()")]
    [InlineData("other", "AddDockerRegistry(\"other\")")]
    public async Task Mapping_what_was_not_added_says_which_call_is_missing(string name, string call)
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => RegistryHost.StartAsync(
            static builder => builder.Services.AddDockerRegistry("one").AddInMemoryStorage().AllowAnonymous(),
            app => app.MapDockerRegistry("/v2", name)));

        Assert.Contains(call, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mapping_without_any_registry_says_which_call_is_missing()
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => RegistryHost.StartAsync(static _ => { }, static app => app.MapDockerRegistry()));

        Assert.Contains("AddDockerRegistry()", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"format":"registry","version":2}""", "version 2")]
    [InlineData("""{"format":"registry","version":0}""", "version 0")]
    [InlineData("""{"format":"photos","version":1}""", "not one of a registry")]
    [InlineData("""{}""", "not one of a registry")]
    [InlineData("null", "not one of a registry")]
    [InlineData("garbage", "not one of a registry")]
    [InlineData("", "not one of a registry")]
    public async Task A_store_of_an_unknown_layout_is_not_touched(string marker, string reason)
    {
        var store = new FaultyStore();
        await store.PutAsync("registry-format", Images.Bytes(marker), PutCondition.None, TestContext.Current.CancellationToken);
        var writes = new List<string>();
        store.Before = (operation, key) =>
        {
            if (operation is not ("get" or "list" or "read"))
            {
                writes.Add($"{operation} {key}");
            }
        };

        string message = await FailureAsync(services => services.AddDockerRegistry().AddStorage(_ => store).AllowAnonymous());

        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Empty(writes);
    }

    [Fact]
    public async Task A_store_that_cannot_be_reached_stops_the_start()
    {
        var store = new FaultyStore { Before = static (_, _) => throw new StoreUnavailableException("no answer") };

        await Assert.ThrowsAsync<StoreUnavailableException>(() => RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry().AddStorage(_ => store).AllowAnonymous(), static app => app.MapDockerRegistry()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_scheme_that_the_host_does_not_have_stops_the_start(bool hasAuthentication)
    {
        string message = await FailureAsync(services =>
        {
            if (hasAuthentication)
            {
                services.AddAuthentication().AddCookie("Cookies");
            }

            services.AddDockerRegistry("one").AddInMemoryStorage().UseAuthorization("Basik", "Cookies");
        });

        Assert.Contains("Registry 'one'", message, StringComparison.Ordinal);
        Assert.Contains("'Basik'", message, StringComparison.Ordinal);
        Assert.Equal(!hasAuthentication, message.Contains("'Cookies'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rule_of_the_hosts_own_is_named_with_the_rest()
    {
        string message = await FailureAsync(static services =>
        {
            services.AddOptions<DockerRegistryOptions>("one").Validate(static options => !options.AllowBlobDelete, "Nobody deletes blobs here.");
            services.AddDockerRegistry("one").AddInMemoryStorage();
        });

        Assert.Contains("- Registry 'one': Nobody deletes blobs here.", message, StringComparison.Ordinal);
        Assert.Contains("- Registry 'one': nobody has been given access", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adding_twice_is_one_registry_with_what_both_calls_say()
    {
        await using RegistryHost host = await RegistryHost.StartAsync(
            static builder =>
            {
                builder.Services.AddDockerRegistry(static options => options.AllowBlobDelete = false).AddInMemoryStorage();
                builder.Services.AddDockerRegistry(static options => options.CatalogPageSize = 1).AllowAnonymous();
            },
            static app => app.MapDockerRegistry());
        await host.Client.PushImageAsync("a", "v1");
        await host.Client.PushImageAsync("b", "v1");

        HttpResponseMessage catalog = await host.Client.FetchAsync("/v2/_catalog").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("""{"repositories":["a"]}""", await catalog.TextAsync());
        await host.Client.AskAsync("DELETE", $"/v2/a/blobs/{Images.Unknown}").ShouldFailAsync(HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
    }

    [Fact]
    public async Task The_last_store_named_is_used_and_disposed_with_the_host()
    {
        var unused = new DisposableStore();
        var used = new DisposableStore();
        RegistryHost host = await RegistryHost.StartAsync(
            builder => builder.Services.AddDockerRegistry().AddStorage(_ => unused).AddStorage(_ => used).AllowAnonymous(), static app => app.MapDockerRegistry());
        await host.Client.PushEmptyConfigAsync("app");
        Assert.Equal(0, used.Disposals);

        await host.DisposeAsync();

        Assert.Equal(1, used.Disposals);
        Assert.Equal(0, unused.Disposals);
    }

    private static async Task<string> FailureAsync(Action<IServiceCollection> add)
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => RegistryHost.StartAsync(builder => add(builder.Services), static _ => { }));
        return e.Message;
    }

    private sealed class DisposableStore : FaultyStore, IAsyncDisposable
    {
        public int Disposals { get; private set; }

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return ValueTask.CompletedTask;
        }
    }
}
