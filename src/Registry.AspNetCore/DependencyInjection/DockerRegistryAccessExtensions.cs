using Microsoft.Extensions.Configuration;
using Registry.AspNetCore.Authorization;
using Registry.Feeds;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Says who may do what in a registry. Until one of these is called, the host does not start.</summary>
public static class DockerRegistryAccessExtensions
{
    /// <summary>Lets everybody who can reach the host pull, push and delete, in feeds that say nothing else.</summary>
    /// <param name="builder">The registry.</param>
    public static IDockerRegistryBuilder AllowAnonymous(this IDockerRegistryBuilder builder) =>
        Configure(builder, static options => options.Anonymous = AnonymousAccess.Full);

    /// <summary>Lets everybody who can reach the host pull and list, in feeds that say nothing else. Whatever else is allowed comes from grants, or from <see cref="UseAuthorization"/>.</summary>
    /// <param name="builder">The registry.</param>
    public static IDockerRegistryBuilder AllowAnonymousPull(this IDockerRegistryBuilder builder) =>
        Configure(builder, static options => options.Anonymous = AnonymousAccess.Pull);

    /// <summary>
    /// Lets the host decide: callers are authenticated by the given schemes, and each operation is a <see cref="RegistryRequirement"/> on a
    /// <see cref="RegistryResource"/> that the host's own <c>IAuthorizationHandler</c>s decide. Without a handler that says yes, nothing is allowed.
    /// </summary>
    /// <param name="builder">The registry.</param>
    /// <param name="authenticationSchemes">
    /// The host's authentication schemes, which also write the challenge: Docker clients know <c>Basic</c> and <c>Bearer</c>. With none, the caller is whoever
    /// the host's middleware found.
    /// </param>
    public static IDockerRegistryBuilder UseAuthorization(this IDockerRegistryBuilder builder, params string[] authenticationSchemes)
    {
        ArgumentNullException.ThrowIfNull(authenticationSchemes);
        return Configure(builder, options =>
        {
            options.UsesHostAuthorization = true;
            options.AuthenticationSchemes = authenticationSchemes;
        });
    }

    /// <summary>Says who may do what, in code.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="grant">Writes the grants.</param>
    public static IDockerRegistryBuilder AddGrants(this IDockerRegistryBuilder builder, Action<GrantList> grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        var list = new GrantList();
        grant(list);
        builder.Gather<GrantSources>().Lists.Add(list);
        return builder;
    }

    /// <summary>
    /// Says who may do what, in configuration, which may change while the host runs: a list with <c>To</c> (<c>user:name</c>, <c>role:name</c>, <c>authenticated</c>, <c>anonymous</c>, <c>everyone</c>), <c>On</c>
    /// (<c>feed/repository</c> with wildcards), <c>Actions</c> (a list, or names with commas between) and <c>Deny</c>.
    /// </summary>
    /// <param name="builder">The registry.</param>
    /// <param name="section">The section.</param>
    public static IDockerRegistryBuilder AddGrants(this IDockerRegistryBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        builder.Gather<GrantSources>().Sections.Add(section);
        return builder;
    }

    private static IDockerRegistryBuilder Configure(IDockerRegistryBuilder builder, Action<RegistryAccessOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure(builder.Name, configure);
        return builder;
    }
}
