using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.ApiKeys;
using Registry.AspNetCore.Credentials.Chain;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.Tests.Testing;
using SignInResult = Registry.AspNetCore.Credentials.SignInResult;

namespace Registry.AspNetCore.Tests.Credentials;

/// <summary>The services of a registry that clients sign in to, without a web server, on a clock that the test moves.</summary>
internal sealed class SignInRig : IAsyncDisposable
{
    public static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    public static readonly IPAddress Away = IPAddress.Parse("198.51.100.7");

    private readonly ServiceProvider _services;

    public SignInRig(Action<IDockerRegistryBuilder> configure, Action<CredentialOptions>? options = null, ManualClock? clock = null)
    {
        Clock = clock ?? new ManualClock();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddLogging(logging => logging.AddProvider(Logs));
        IDockerRegistryBuilder builder = services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous();
        configure(builder);
        services.Configure(builder.Name, options ?? (static _ => { }));
        _services = services.BuildServiceProvider();
    }

    public ManualClock Clock { get; }

    public LogCollector Logs { get; } = new();

    public IServiceProvider Services => _services;

    public ICredentialChain Chain => _services.GetRequiredKeyedService<ICredentialChain>("");

    public IApiKeyService Keys => _services.GetRequiredService<IApiKeyService>();

    public ApiKeyUses Uses => _services.GetRequiredKeyedService<ApiKeyUses>("");

    /// <summary>How many slow hashes were computed.</summary>
    public long Hashes => _services.GetRequiredService<HashingSlots>().Count;

    public string[] Mistakes => [.. _services.GetKeyedServices<IStartupCheck>("").SelectMany(static check => check.FindMistakes())];

    /// <summary>A hash that is quick to check.</summary>
    public static string Hash(string password) =>
        new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = 10 })).HashPassword("", password);

    public async Task<ClaimsIdentity?> SignInAsync(string userName, string password, IPAddress? address = null) =>
        (await Chain.SignInAsync(userName, password, address ?? Home, TestContext.Current.CancellationToken)).Identity;

    public async Task<ClaimsIdentity> MustSignInAsync(string userName, string password)
    {
        ClaimsIdentity? identity = await SignInAsync(userName, password);
        Assert.NotNull(identity);
        return identity;
    }

    public async Task<TimeSpan?> FailAsync(string userName, IPAddress? address = null)
    {
        SignInResult result = await Chain.SignInAsync(userName, $"wrong {Guid.NewGuid()}", address ?? Home, TestContext.Current.CancellationToken);
        Assert.Null(result.Identity);
        return result.RetryAfter;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
