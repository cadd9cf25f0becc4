using System.Security.Claims;

namespace Registry.AspNetCore.Tokens;

/// <summary>What is inside a token of the registry's own service. Nobody but the registry's hosts can read or write it.</summary>
internal sealed record TokenContent
{
    private ClaimsIdentity? _knownIdentity;
    private string? _knownName;

    /// <summary>What the reader of tokens keeps beside a token that it remembers.</summary>
    public object? Memory { get; set; }

    /// <summary>The service that it was made for.</summary>
    public required string Audience { get; init; }

    public required DateTimeOffset Issued { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>The validator that accepted the user; <see langword="null"/> where nobody has signed in.</summary>
    public string? Validator { get; init; }

    public string? NameType { get; init; }

    public string? RoleType { get; init; }

    public IReadOnlyList<TokenClaim> Claims { get; init; } = [];

    public IReadOnlyList<TokenScope> Scopes { get; init; } = [];

    /// <summary>Of a refresh token: the id of what the registry remembers of it.</summary>
    public string? Id { get; init; }

    /// <summary>The same user at every call: to look it up by, and to be given to nobody, since an identity can be changed.</summary>
    public ClaimsIdentity KnownIdentity => _knownIdentity ??= ToIdentity();

    /// <summary>The name of the same user, which an identity looks for among its claims each time.</summary>
    public string? KnownName => _knownName ??= KnownIdentity.Name;

    /// <summary>The user, as it was when it signed in.</summary>
    public ClaimsIdentity ToIdentity()
    {
        if (Validator is null)
        {
            return new ClaimsIdentity();
        }

        var identity = new ClaimsIdentity(Validator, NameType ?? ClaimTypes.Name, RoleType ?? ClaimTypes.Role);
        foreach (TokenClaim claim in Claims)
        {
            identity.AddClaim(new Claim(claim.Type, claim.Value));
        }

        return identity;
    }

    /// <summary>The same, for a user.</summary>
    public TokenContent WithUser(string validator, ClaimsIdentity identity) => this with
    {
        _knownIdentity = null,
        _knownName = null,
        Memory = null,
        Validator = validator,
        NameType = identity.NameClaimType == ClaimTypes.Name ? null : identity.NameClaimType,
        RoleType = identity.RoleClaimType == ClaimTypes.Role ? null : identity.RoleClaimType,
        Claims = [.. identity.Claims.Select(static claim => new TokenClaim(claim.Type, claim.Value))],
    };
}

internal sealed record TokenClaim(string Type, string Value);
