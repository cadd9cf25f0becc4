using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Credentials.ApiKeys;
using Registry.AspNetCore.Credentials.Throttling;
using Registry.AspNetCore.Routing;
using Registry.AspNetCore.SignIn;
using Registry.AspNetCore.Tokens;

namespace Registry.AspNetCore.RateLimiting;

/// <summary>
/// Whom the requests to a registry are counted for, as partition keys of rate limiters. A limiter comes before the registry finds out who the caller is, so what counts is what can be told at once: the user of a genuine token, an API key by its text,
/// and for everybody else, those too who send a password with every request, the address.
/// </summary>
/// <example>
/// <code>
/// services.AddRateLimiter(options => options.AddPolicy("registry", context => RateLimitPartition.GetTokenBucketLimiter(RegistryPartition.OfCaller(context), _ => limits)));
/// app.MapDockerRegistry("/v2").RequireRateLimiting("registry");
/// </code>
/// </example>
public static class RegistryPartition
{
    /// <summary>The user, else the API key, else the address.</summary>
    /// <param name="context">The request.</param>
    public static string OfCaller(HttpContext context) => OfUser(context) ?? OfKey(context) ?? OfAddress(context);

    /// <summary>The user of the token that came with a request; <see langword="null"/> where none came, or one that is of nobody.</summary>
    /// <param name="context">The request.</param>
    public static string? OfUser(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return AuthorizationHeader.TryFindBearer(context.Request.Headers.Authorization, out string? header, out int start)
            && context.GetEndpoint()?.Metadata.GetMetadata<RegistryEndpointMetadata>() is { } endpoint
            && context.RequestServices.GetKeyedService<TokenProtector>(endpoint.Registry)?.TryRead(header, start, out TokenContent? content) == true
            && content.KnownIdentity.Name is { } name
                ? "user:" + name
                : null;
    }

    /// <summary>The API key that came with a request as a bearer token; <see langword="null"/> where none came.</summary>
    /// <param name="context">The request.</param>
    public static string? OfKey(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        if (!AuthorizationHeader.TryFindBearer(context.Request.Headers.Authorization, out string? header, out int start))
        {
            return null;
        }

        // By the whole text: whoever knows a key's id alone must not use up what its owner may do.
        string key = header[start..].Trim();
        return ApiKeyText.TryParse(key, out _) ? "key:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)).AsSpan(0, 16)) : null;
    }

    /// <summary>The client's address, as far as the host trusts what it was told; of IPv6, the network that one subscriber has.</summary>
    /// <param name="context">The request.</param>
    public static string OfAddress(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return $"address:{AddressKey.Of(context.Connection.RemoteIpAddress)}";
    }
}
