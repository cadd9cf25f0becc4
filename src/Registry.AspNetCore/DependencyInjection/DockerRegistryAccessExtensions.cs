using Registry.AspNetCore.Authorization;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Says who may do what in a registry. Until one of these is called, the host does not start.</summary>
public static class DockerRegistryAccessExtensions
{
    /// <summary>Lets everybody who can reach the host pull, push and delete.</summary>
    /// <param name="builder">The registry.</param>
    public static IDockerRegistryBuilder AllowAnonymous(this IDockerRegistryBuilder builder) =>
        Configure(builder, static options => options.Anonymous = AnonymousAccess.Full);

    /// <summary>Lets everybody who can reach the host pull and list. Whatever else is allowed comes from <see cref="UseAuthorization"/>.</summary>
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

    private static IDockerRegistryBuilder Configure(IDockerRegistryBuilder builder, Action<RegistryAccessOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure(builder.Name, configure);
        return builder;
    }
}
