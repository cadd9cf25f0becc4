namespace Registry.AspNetCore.SignIn;

/// <summary>Which scheme a registry asks clients without credentials for.</summary>
public enum SignInChallenge
{
    /// <summary>Tokens of a token service (<c>docker login</c> and every client of today).</summary>
    Bearer,

    /// <summary>User name and password with every request.</summary>
    Basic,
}

/// <summary>How clients sign in to a registry.</summary>
public sealed class SignInOptions
{
    /// <summary>What clients are asked for: tokens by default. A client is asked for one scheme, since some read the first one alone.</summary>
    public SignInChallenge Challenge { get; set; } = SignInChallenge.Bearer;

    /// <summary>Whether user name and password are taken with every request too, as clients send them that were told to. On by default.</summary>
    public bool AllowBasic { get; set; } = true;

    /// <summary>
    /// Where clients find this host, such as <c>https://registry.example.com</c>: in place of the scheme, host, port and path base that a request came with. <see langword="null"/>, the default, takes those, which
    /// is right wherever the proxies in front pass them on and the host trusts these proxies.
    /// </summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>
    /// The name of this service in challenges and tokens; a token is taken by the service alone that it was made for. <see langword="null"/>, the default, is the host and port that clients use. Printable ASCII without quotes, at most 255 characters.
    /// </summary>
    public string? Service { get; set; }

    /// <summary>
    /// Another token service, to which clients are sent. Its tokens are for one of the host's own schemes to validate (<c>UseAuthorization("Bearer")</c>); an <c>access</c> claim in them narrows what they can be used for.
    /// <see langword="null"/>, the default, is the registry's own at <c>_auth</c>.
    /// </summary>
    public Uri? ExternalRealm { get; set; }

    /// <summary>
    /// How long a token can be used: 1 hour by default, from 1 minute to 24 hours. Rights are decided at every request whatever a token says, so a short life gains little, and clients that stream cannot change tokens in the
    /// middle of a layer.
    /// </summary>
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a refresh token, which <c>docker login</c> keeps in place of the password, can be used: 30 days by default, from 1 hour to 365 days.</summary>
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The most scopes in one request for a token: 50 by default, from 1 to 500.</summary>
    public int MaxScopes { get; set; } = 50;

    /// <summary>The host's own schemes whose bearer tokens are taken as passwords, whatever the user name: a token that the host gives out is then what people <c>docker login</c> with. Empty by default.</summary>
    public IList<string> PasswordTokenSchemes { get; } = [];

    /// <summary>Names every setting that is out of its range.</summary>
    internal IEnumerable<string> Validate()
    {
        if (BaseUrl is { } url && (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https") || url.Query.Length > 0 || url.Fragment.Length > 0))
        {
            yield return $"{nameof(BaseUrl)} is '{url}'; it must be an absolute http or https address without a query.";
        }

        if (ExternalRealm is { } realm && (!realm.IsAbsoluteUri || realm.Scheme is not ("http" or "https")))
        {
            yield return $"{nameof(ExternalRealm)} is '{realm}'; it must be an absolute http or https address.";
        }

        if (Service is { } service && (service.Length is 0 or > 255 || service.AsSpan().ContainsAnyExceptInRange('!', '~') || service.AsSpan().ContainsAny('"', '\\')))
        {
            yield return $"{nameof(Service)} is '{service}'; it must have 1 to 255 printable ASCII characters without spaces, quotes and backslashes.";
        }

        if (AccessTokenLifetime < TimeSpan.FromMinutes(1) || AccessTokenLifetime > TimeSpan.FromHours(24))
        {
            yield return $"{nameof(AccessTokenLifetime)} is {AccessTokenLifetime}; it must be from 1 minute to 24 hours.";
        }

        if (RefreshTokenLifetime < TimeSpan.FromHours(1) || RefreshTokenLifetime > TimeSpan.FromDays(365))
        {
            yield return $"{nameof(RefreshTokenLifetime)} is {RefreshTokenLifetime}; it must be from 1 hour to 365 days.";
        }

        if (MaxScopes is < 1 or > 500)
        {
            yield return $"{nameof(MaxScopes)} is {MaxScopes}; it must be from 1 to 500.";
        }
    }
}
