using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Authorization;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>Says whether somebody, or nobody (<see langword="null"/>), may do something.</summary>
internal delegate bool Rule(string? user, RegistryAction action, RegistryResource resource);

/// <summary>A registry whose host decides who may do what, with users that <see cref="BasicScheme"/> knows.</summary>
internal sealed class GuardedRegistry : IAsyncDisposable
{
    private GuardedRegistry(RegistryHost host, RulesHandler handler)
    {
        Host = host;
        Decisions = handler.Decisions;
    }

    public RegistryHost Host { get; }

    public HttpClient Client => Host.Client;

    /// <summary>What the host's handler was asked, in order.</summary>
    public ConcurrentQueue<(string? User, RegistryAction Action, RegistryResource Resource)> Decisions { get; }

    public static async Task<GuardedRegistry> StartAsync(Rule rule, Action<IDockerRegistryBuilder>? configure = null)
    {
        var handler = new RulesHandler(rule);
        RegistryHost host = await RegistryHost.StartAsync(
            builder =>
            {
                builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, BasicScheme>(BasicScheme.Name, null);
                builder.Services.AddSingleton<IAuthorizationHandler>(handler);
                IDockerRegistryBuilder registry = builder.Services.AddDockerRegistry().AddInMemoryStorage().UseAuthorization(BasicScheme.Name);
                configure?.Invoke(registry);
            },
            static app => app.MapDockerRegistry());
        return new GuardedRegistry(host, handler);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

/// <summary>An authorization handler of a host.</summary>
internal sealed class RulesHandler(Rule rule) : AuthorizationHandler<RegistryRequirement, RegistryResource>
{
    public ConcurrentQueue<(string? User, RegistryAction Action, RegistryResource Resource)> Decisions { get; } = new();

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RegistryRequirement requirement, RegistryResource resource)
    {
        string? user = context.User.FindFirstValue(ClaimTypes.Name);
        Decisions.Enqueue((user, requirement.Action, resource));
        if (rule(user, requirement.Action, resource))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
