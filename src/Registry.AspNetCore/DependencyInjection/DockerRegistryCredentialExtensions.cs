using System.IO.Abstractions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.ApiKeys;
using Registry.AspNetCore.Credentials.Chain;
using Registry.AspNetCore.Credentials.Htpasswd;
using Registry.AspNetCore.Credentials.Users;
using Registry.AspNetCore.Hosting;
using Registry.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Says who checks the user names, passwords and API keys that clients of a registry sign in with. Several may be added: they are asked in this order until one accepts.
/// </summary>
public static class DockerRegistryCredentialExtensions
{
    /// <summary>
    /// Lets the users of a configuration section sign in. Each child is a user by its name, with <c>PasswordHash</c> (what <see cref="RegistryPasswords.Hash"/> makes) and, if need be, a list of
    /// <c>Roles</c>. What changes in the section while the host runs counts at once; a change with mistakes is logged and leaves the users as they were.
    /// </summary>
    /// <param name="builder">The registry.</param>
    /// <param name="section">The section, such as <c>builder.Configuration.GetSection("Registry:Users")</c>.</param>
    public static IDockerRegistryBuilder AddUsers(this IDockerRegistryBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return AddUserSource(builder, new SectionUsers(section));
    }

    /// <summary>Lets users sign in that are given by code.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="configure">Adds the users.</param>
    public static IDockerRegistryBuilder AddUsers(this IDockerRegistryBuilder builder, Action<RegistryUsers> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var users = new RegistryUsers();
        configure(users);
        return AddUserSource(builder, users);
    }

    /// <summary>
    /// Lets the users of a password file sign in, as <c>htpasswd -B</c> writes it: one <c>name:hash</c> a line, with bcrypt hashes only. The file is read again when it changes. They have no roles. bcrypt
    /// reads the first 72 bytes of a password. It needs the C library's <c>crypt_r</c>, which Linux has.
    /// </summary>
    /// <param name="builder">The registry.</param>
    /// <param name="path">The file; a relative path starts at the host's content root.</param>
    /// <param name="name">The <see cref="ICredentialValidator.Name"/>: another for each further file.</param>
    public static IDockerRegistryBuilder AddHtpasswd(this IDockerRegistryBuilder builder, string path, string name = "htpasswd")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrEmpty(name);
        SignInServices.AddSignIn(builder);
        builder.Services.TryAddSingleton<BcryptLibrary>();

        // Keyed by an object of its own, since a registry may have several.
        object own = new();
        builder.Services.AddKeyedSingleton(own, (services, _) =>
        {
            IFileSystem files = services.GetService<IFileSystem>() ?? new FileSystem();
            string origin = services.GetService<IHostEnvironment>()?.ContentRootPath ?? files.Directory.GetCurrentDirectory();
            return new HtpasswdUsers(
                name,
                new HtpasswdFile(files, files.Path.GetFullPath(path, origin), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<HtpasswdFile>>()),
                services.GetRequiredService<BcryptLibrary>(),
                services.GetRequiredService<HashingSlots>());
        });
        builder.Services.AddKeyedSingleton<ICredentialValidator>(builder.Name, (services, _) => services.GetRequiredKeyedService<HtpasswdUsers>(own));
        builder.Services.AddKeyedSingleton<IStartupCheck>(builder.Name, (services, _) => services.GetRequiredKeyedService<HtpasswdUsers>(own));
        return builder;
    }

    /// <summary>
    /// Lets clients sign in with API keys: as the password of the user <c>api</c>, or as a bearer token. Keys are made and revoked with <see cref="IApiKeyService"/>, a service keyed by the registry's
    /// name, and kept in the registry's store.
    /// </summary>
    /// <param name="builder">The registry.</param>
    public static IDockerRegistryBuilder AddApiKeys(this IDockerRegistryBuilder builder)
    {
        SignInServices.AddSignIn(builder);
        string name = builder.Name;
        if (builder.Services.Any(service => service.IsKeyedService && service.ServiceType == typeof(ApiKeyStore) && Equals(service.ServiceKey, name)))
        {
            return builder;
        }

        builder.Services.AddKeyedSingleton(name, static (services, key) => new ApiKeyStore(
            () => services.GetRequiredKeyedService<IObjectStore>(key), services.GetRequiredService<TimeProvider>()));
        builder.Services.AddKeyedSingleton(name, static (services, key) => new ApiKeyUses(
            services.GetRequiredKeyedService<ApiKeyStore>(key),
            services.GetRequiredService<IOptionsMonitor<CredentialOptions>>().Get((string)key!).ApiKeyUseInterval,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ApiKeyUses>>()));
        builder.Services.AddSingleton<IHostedService>(services => services.GetRequiredKeyedService<ApiKeyUses>(name));
        builder.Services.AddKeyedSingleton<ICredentialValidator>(name, static (services, key) => new ApiKeyValidator(
            services.GetRequiredKeyedService<ApiKeyStore>(key),
            services.GetRequiredKeyedService<ApiKeyUses>(key),
            services.GetRequiredKeyedService<ValidatorSet>(key),
            services.GetRequiredService<TimeProvider>()));
        builder.Services.AddKeyedSingleton<IApiKeyService>(name, static (services, key) => new ApiKeyService(
            services.GetRequiredKeyedService<ApiKeyStore>(key), services.GetRequiredKeyedService<ValidatorSet>(key), services.GetRequiredService<TimeProvider>()));
        if (name.Length == 0)
        {
            builder.Services.TryAddSingleton(static services => services.GetRequiredKeyedService<IApiKeyService>(""));
        }

        return builder;
    }

    /// <summary>Lets a validator of the host's own check user names and passwords.</summary>
    /// <typeparam name="T">The validator, of which there is one per registry.</typeparam>
    /// <param name="builder">The registry.</param>
    public static IDockerRegistryBuilder AddCredentialValidator<[System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] T>(
        this IDockerRegistryBuilder builder)
        where T : class, ICredentialValidator =>
        builder.AddCredentialValidator(static services => ActivatorUtilities.CreateInstance<T>(services));

    /// <summary>Lets a validator of the host's own check user names and passwords.</summary>
    /// <param name="builder">The registry.</param>
    /// <param name="create">Makes the validator, once; it is disposed with the host's services.</param>
    public static IDockerRegistryBuilder AddCredentialValidator(this IDockerRegistryBuilder builder, Func<IServiceProvider, ICredentialValidator> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        SignInServices.AddSignIn(builder);
        builder.Services.AddKeyedSingleton(builder.Name, (services, _) => create(services));
        return builder;
    }

    private static IDockerRegistryBuilder AddUserSource(IDockerRegistryBuilder builder, IUserSource source)
    {
        SignInServices.AddSignIn(builder);
        string name = builder.Name;
        builder.Services.AddKeyedSingleton(name, source);
        if (!builder.Services.Any(service => service.IsKeyedService && service.ServiceType == typeof(ConfiguredUsers) && Equals(service.ServiceKey, name)))
        {
            builder.Services.AddKeyedSingleton(name, static (services, key) => new ConfiguredUsers(
                [.. services.GetKeyedServices<IUserSource>(key)], services.GetRequiredService<HashingSlots>(), services.GetRequiredService<ILogger<ConfiguredUsers>>()));
            builder.Services.AddKeyedSingleton<ICredentialValidator>(name, static (services, key) => services.GetRequiredKeyedService<ConfiguredUsers>(key));
            builder.Services.AddKeyedSingleton<IStartupCheck>(name, static (services, key) => services.GetRequiredKeyedService<ConfiguredUsers>(key));
        }

        return builder;
    }
}
