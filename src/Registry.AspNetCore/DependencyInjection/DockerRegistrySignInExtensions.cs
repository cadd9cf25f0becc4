using Registry.AspNetCore.SignIn;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets clients sign in to a registry, as <c>docker login</c> does.</summary>
public static class DockerRegistrySignInExtensions
{
    /// <summary>
    /// Gives a registry a token service at <c>_auth</c>, takes <c>Basic</c> with every request, and asks clients without credentials for tokens. Whoever adds users, keys or a validator need not call it but to set options.
    /// The host's own sign-in (its cookies and pages) is no part of it.
    /// </summary>
    /// <param name="builder">The registry.</param>
    /// <param name="configure">Sets options.</param>
    public static IDockerRegistryBuilder AddSignIn(this IDockerRegistryBuilder builder, Action<SignInOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        SignInServices.AddSignIn(builder);
        if (configure is not null)
        {
            builder.Services.Configure(builder.Name, configure);
        }

        return builder;
    }
}
