using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Http;

namespace Registry.AspNetCore.Tokens;

/// <summary>What a client asks a token for: the query of a GET, or the form of a POST.</summary>
/// <param name="Service">The service that the token is for, as the challenge named it.</param>
/// <param name="Scopes">What the token is to be used for.</param>
/// <param name="WantsRefreshToken">Whether the client wants to come back without a password.</param>
internal sealed record TokenRequest(string? Service, IReadOnlyList<string> Scopes, bool WantsRefreshToken)
{
    private const int MaxFormBytes = 64 * 1024;

    public string? GrantType { get; private init; }

    public string? UserName { get; private init; }

    public string? Password { get; private init; }

    public string? RefreshToken { get; private init; }

    public static TokenRequest OfQuery(HttpRequest request)
    {
        IQueryCollection query = request.Query;
        return new TokenRequest(
            One(query["service"]), [.. ScopeText.Split(query["scope"])], string.Equals(One(query["offline_token"]), "true", StringComparison.OrdinalIgnoreCase));
    }

    /// <exception cref="BadHttpRequestException">It is no form, or too large.</exception>
    public static async ValueTask<TokenRequest> OfFormAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (MediaTypeHeader.Bare(request.ContentType) != "application/x-www-form-urlencoded")
        {
            throw new BadHttpRequestException("A token is asked for by a form (application/x-www-form-urlencoded).", StatusCodes.Status415UnsupportedMediaType);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxFormBytes;
        }

        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new BadHttpRequestException("The form cannot be read.", StatusCodes.Status400BadRequest, e);
        }

        return new TokenRequest(
            One(form["service"]), [.. ScopeText.Split(form["scope"])], string.Equals(One(form["access_type"]), "offline", StringComparison.OrdinalIgnoreCase))
        {
            GrantType = One(form["grant_type"]),
            UserName = One(form["username"]),
            Password = One(form["password"]),
            RefreshToken = One(form["refresh_token"]),
        };
    }

    private static string? One(StringValues values) => values.Count == 1 && values[0] is { Length: > 0 } value ? value : null;
}
