using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Authorization;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>Whether a user, <see langword="null"/> for nobody, may do something in a repository, <see langword="null"/> for the registry as a whole.</summary>
public delegate bool MayDo(string? user, RegistryAction action, string? repository);

/// <summary>A host that knows users by Basic authentication; everybody's password is <see cref="Password"/>.</summary>
public static class Accounts
{
    public const string Password = "right";

    private const string Scheme = "Basic";

    public static Task<RegistryHost> StartRegistryAsync(MayDo mayDo, Action<IDockerRegistryBuilder>? configure = null) => RegistryHost.StartAsync(
        builder =>
        {
            builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, BasicHandler>(Scheme, null);
            builder.Services.AddSingleton<IAuthorizationHandler>(new Handler(mayDo));
            IDockerRegistryBuilder registry = builder.Services.AddDockerRegistry().AddInMemoryStorage().UseAuthorization(Scheme);
            configure?.Invoke(registry);
        },
        static app => app.MapDockerRegistry());

    public static RegistryClient SignIn(this RegistryHost host, string user, string password = Password)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = host.Address };
        client.DefaultRequestHeaders.Add("Authorization", Credentials(user, password));
        return new RegistryClient(client);
    }

    public static string Credentials(string user, string password = Password) =>
        $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))}";

    private sealed class BasicHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string header = Request.Headers.Authorization.ToString();
            if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            string[] parts = Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])).Split(':', 2);
            if (parts[1] != Password)
            {
                return Task.FromResult(AuthenticateResult.Fail("The password is wrong."));
            }

            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, parts[0])], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }

        protected override Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            Response.Headers.WWWAuthenticate = "Basic realm=\"registry\"";
            return Task.CompletedTask;
        }
    }

    private sealed class Handler(MayDo mayDo) : AuthorizationHandler<RegistryRequirement, RegistryResource>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RegistryRequirement requirement, RegistryResource resource)
        {
            if (mayDo(context.User.Identity?.Name, requirement.Action, resource.Repository?.Value))
            {
                context.Succeed(requirement);
            }

            return Task.CompletedTask;
        }
    }
}
