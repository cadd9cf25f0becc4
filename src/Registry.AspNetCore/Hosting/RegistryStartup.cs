using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.SignIn;
using Registry.Feeds;
using Registry.Storage;

namespace Registry.AspNetCore.Hosting;

/// <summary>
/// Stops the host's start-up when a registry is configured wrongly or its store cannot be used, naming every mistake at once, before any request is taken.
/// </summary>
internal sealed class RegistryStartup(
    IServiceProvider services, IEnumerable<RegistryRegistration> registrations, IOptionsMonitor<DockerRegistryOptions> options, ILogger<RegistryStartup> logger)
    : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        string[] names = [.. registrations.Select(static registration => registration.Name).Distinct(StringComparer.Ordinal)];
        var mistakes = new List<string>();
        foreach (string name in names)
        {
            mistakes.AddRange(FindMistakes(name));
            await foreach (string mistake in FindUnknownSchemesAsync(name).ConfigureAwait(false))
            {
                mistakes.Add(mistake);
            }
        }

        if (mistakes.Count > 0)
        {
            throw new InvalidOperationException("The Docker registry is not set up right:" + string.Concat(mistakes.Select(static mistake => $"{Environment.NewLine}- {mistake}")));
        }

        foreach (string name in names)
        {
            RegistryInstance instance = services.GetRequiredKeyedService<RegistryInstance>(name);
            foreach (string store in instance.Feeds.Current.Stores)
            {
                await instance.Roots.Find(store)!.EnsureUsableAsync(cancellationToken).ConfigureAwait(false);
            }

            logger.RegistryStarted(name, services.GetRequiredKeyedService<IObjectStore>(name).GetType().Name);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<string> FindMistakes(string name)
    {
        string which = Which(name);
        var inspection = services.GetRequiredService<IServiceProviderIsKeyedService>();
        if (!inspection.IsKeyedService(typeof(IObjectStore), name))
        {
            yield return $"{which}it has no storage. Call AddFileSystemStorage(\"data\"), AddInMemoryStorage() or AddStorage(…) on what AddDockerRegistry() returns.";
        }

        DockerRegistryOptions? settings = null;
        IEnumerable<string> mistakes = [];
        try
        {
            settings = options.Get(name);
        }
        catch (OptionsValidationException e)
        {
            mistakes = e.Failures;
        }

        foreach (string mistake in settings?.Validate() ?? mistakes)
        {
            yield return which + mistake;
        }

        if (settings?.Maintenance.SecondCopy is { } copy && (copy.Length == 0 || services.GetRequiredKeyedService<ContentRoots>(name).Find(copy) is null))
        {
            yield return $"{which}Maintenance.SecondCopy is store '{copy}', which there is not. Call AddStore(\"{copy}\", …), or set it to null.";
        }

        SignInOptions signIn = services.GetRequiredService<IOptionsMonitor<SignInOptions>>().Get(name);
        foreach (string mistake in signIn.Validate())
        {
            yield return $"{which}sign-in: {mistake}";
        }

        foreach (string mistake in FindMistakesInFeeds(name))
        {
            yield return which + mistake;
        }

        foreach (string mistake in services.GetKeyedServices<IStartupCheck>(name).SelectMany(static check => check.FindMistakes()))
        {
            yield return which + mistake;
        }
    }

    private List<string> FindMistakesInFeeds(string name)
    {
        var directory = services.GetRequiredKeyedService<FeedDirectory>(name);
        try
        {
            if (directory.FindMistakes() is { Count: > 0 } mistakes)
            {
                return [.. mistakes];
            }
        }
        catch (InvalidOperationException e)
        {
            return [e.Message];
        }

        FeedTable feeds = directory.Current;
        var found = new List<string>();
        foreach (ActiveFeed feed in feeds.Feeds.Where(static feed => feed.Settings.Store.Length > 0))
        {
            if (services.GetRequiredKeyedService<ContentRoots>(name).Find(feed.Settings.Store) is null)
            {
                found.Add($"{FeedRules.Describe(feed.Settings)} is to be kept in store '{feed.Settings.Store}', which there is not. Call AddStore(\"{feed.Settings.Store}\", …).");
            }
        }

        GrantBook grants = services.GetRequiredKeyedService<GrantBook>(name);
        found.AddRange(grants.FindMistakes(feeds));
        RegistryAccessOptions access = services.GetRequiredService<IOptionsMonitor<RegistryAccessOptions>>().Get(name);
        if (access.Anonymous == AnonymousAccess.None && !access.UsesHostAuthorization && !grants.IsUsed && feeds.Feeds.All(static feed => feed.Settings.Anonymous is null))
        {
            found.Add("nobody has been given access. Call AllowAnonymous(), AllowAnonymousPull(), AddGrants(…), or UseAuthorization(…) with the host's own schemes and handlers.");
        }

        return found;
    }

    private async IAsyncEnumerable<string> FindUnknownSchemesAsync(string name)
    {
        var schemes = services.GetService<IAuthenticationSchemeProvider>();
        RegistryAccessOptions access = services.GetRequiredService<IOptionsMonitor<RegistryAccessOptions>>().Get(name);
        SignInOptions signIn = services.GetRequiredService<IOptionsMonitor<SignInOptions>>().Get(name);
        foreach (string scheme in access.AuthenticationSchemes.Concat(signIn.PasswordTokenSchemes))
        {
            if (schemes is null || await schemes.GetSchemeAsync(scheme).ConfigureAwait(false) is null)
            {
                yield return $"{Which(name)}the host has no authentication scheme '{scheme}'. Add it with AddAuthentication(), or name another in UseAuthorization(…) or {nameof(SignInOptions.PasswordTokenSchemes)}.";
            }
        }
    }

    private static string Which(string name) => name.Length == 0 ? "" : $"Registry '{name}': ";
}

/// <summary>Says that a registry of this name was added.</summary>
internal sealed record RegistryRegistration(string Name);
