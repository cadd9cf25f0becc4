using Microsoft.Extensions.Logging;
using Registry.Authentication.Ldap;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets the users of an LDAP directory sign in.</summary>
public static class DockerRegistryLdapExtensions
{
    /// <summary>
    /// Lets the users of a directory sign in to a registry: it binds as the user to check the password, and takes the names of the user's groups for roles. A directory that cannot be reached makes no
    /// password wrong: the client is asked to come back (503).
    /// </summary>
    /// <param name="builder">The registry.</param>
    /// <param name="configure">Sets at least a server, and how users are found.</param>
    public static IDockerRegistryBuilder AddLdap(this IDockerRegistryBuilder builder, Action<LdapOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddCredentialValidator(services =>
        {
            var options = new LdapOptions();
            configure(options);
            return new LdapValidator(options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<LdapValidator>>());
        });
    }
}
