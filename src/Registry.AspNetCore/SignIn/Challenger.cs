using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Routing;

namespace Registry.AspNetCore.SignIn;

/// <summary>Asks clients for credentials: by one challenge of the registry's own, or by the host's schemes.</summary>
internal sealed class Challenger(RegistryAccessOptions access, SignInOptions options)
{
    /// <summary>Writes the challenge. The status is the caller's to set.</summary>
    /// <param name="request">The request.</param>
    /// <param name="verdict">What is wrong with the credentials that came.</param>
    /// <param name="scope">What a token has to be for.</param>
    public async Task ChallengeAsync(RegistryRequest request, Verdict verdict, string? scope)
    {
        if (access.UsesSignIn || options.ExternalRealm is not null)
        {
            request.Response.Headers.WWWAuthenticate = Header(request, verdict, scope);
            return;
        }

        // A scheme made for pages leads to its form, which is of no use to a registry's clients, and may leave a cookie.
        IHeaderDictionary headers = request.Response.Headers;
        StringValues cookies = headers.SetCookie;
        await ChallengeBySchemesAsync(request.Http).ConfigureAwait(false);
        if (!request.Response.HasStarted)
        {
            headers.Location = default;
            headers.SetCookie = cookies;
        }
    }

    /// <summary>One challenge in one header, every value quoted: some clients read the first alone (RFC 9110, section 11.6.1).</summary>
    private string Header(RegistryRequest request, Verdict verdict, string? scope)
    {
        RegistryAuthority authority = RegistryAuthority.Of(request.Http, options, request.View, request.BasePath);
        if (options.Challenge == SignInChallenge.Basic && options.ExternalRealm is null)
        {
            return $"Basic realm=\"{authority.Service}\", charset=\"UTF-8\"";
        }

        string? error = verdict switch
        {
            Verdict.InvalidCredentials => "invalid_token",
            Verdict.InsufficientScope => "insufficient_scope",
            _ => null,
        };
        return string.Concat(
            $"Bearer realm=\"{authority.Realm}\",service=\"{authority.Service}\"",
            scope is null ? "" : $",scope=\"{scope}\"",
            error is null ? "" : $",error=\"{error}\"");
    }

    private async Task ChallengeBySchemesAsync(HttpContext context)
    {
        if (access.AuthenticationSchemes.Count > 0)
        {
            foreach (string scheme in access.AuthenticationSchemes)
            {
                await context.ChallengeAsync(scheme).ConfigureAwait(false);
            }

            return;
        }

        // A host whose own middleware says who the caller is need not have a scheme that could challenge.
        if (context.RequestServices.GetService<IAuthenticationSchemeProvider>() is { } schemes
            && await schemes.GetDefaultChallengeSchemeAsync().ConfigureAwait(false) is not null)
        {
            await context.ChallengeAsync().ConfigureAwait(false);
        }
    }
}
