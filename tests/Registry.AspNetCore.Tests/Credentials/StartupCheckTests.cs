using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Registry.AspNetCore.Credentials;

namespace Registry.AspNetCore.Tests.Credentials;

/// <summary>What stops a host whose clients could not sign in as meant.</summary>
public sealed class StartupCheckTests
{
    [Fact]
    public async Task Every_mistake_of_every_way_to_sign_in_is_named_at_once_with_its_registry()
    {
        using IHost host = new HostBuilder()
            .ConfigureServices(static (_, services) =>
            {
                services.AddDockerRegistry("one").AllowAnonymous().AddApiKeys()
                    .AddUsers(static users => users.Add("ann", "nonsense"))
                    .AddHtpasswd("/nowhere/htpasswd")
                    .AddCredentialValidator(static _ => new CountingValidator("users"));
                services.Configure<CredentialOptions>("one", static options => options.FailuresBeforeThrottle = 0);
                services.AddDockerRegistry("two").AddInMemoryStorage().AllowAnonymous().AddUsers(new ConfigurationBuilder().Build().GetSection("Users"));
            })
            .Build();

        string message = (await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken))).Message;

        Assert.All(
            (string[])["it has no storage", "CredentialOptions.FailuresBeforeThrottle is 0", "two credential validators have the name 'users'", "user 'ann': its PasswordHash", "the password file "],
            mistake => Assert.Contains($"- Registry 'one': {mistake}", message, StringComparison.Ordinal));
        Assert.Contains("- Registry 'two': the configuration section 'Users' has no users.", message, StringComparison.Ordinal);
        Assert.DoesNotContain("nonsense", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_with_every_way_to_sign_in_starts_and_stops()
    {
        using IHost host = new HostBuilder()
            .ConfigureServices(static (_, services) => services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous().AddApiKeys()
                .AddUsers(static users => users.Add("ann", SignInRig.Hash("right")))
                .AddCredentialValidator(static _ => new CountingValidator()))
            .Build();

        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("users", (await host.Services.GetRequiredKeyedService<ICredentialChain>("").SignInAsync("ann", "right", null, TestContext.Current.CancellationToken)).Validator);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}
