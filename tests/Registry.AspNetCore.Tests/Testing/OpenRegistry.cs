namespace Registry.AspNetCore.Tests.Testing;

/// <summary>A registry with the default options that everybody may do everything in, for tests that keep to repositories of their own.</summary>
public sealed class OpenRegistry : IAsyncLifetime
{
    private RegistryHost? _host;
    private int _repositories;

    public RegistryHost Host => _host ?? throw new InvalidOperationException("The registry was not started.");

    public HttpClient Client => Host.Client;

    public string NewRepository() => $"team/app{Interlocked.Increment(ref _repositories)}";

    public async ValueTask InitializeAsync() => _host = await RegistryHost.StartAsync();

    public ValueTask DisposeAsync() => _host?.DisposeAsync() ?? ValueTask.CompletedTask;
}
