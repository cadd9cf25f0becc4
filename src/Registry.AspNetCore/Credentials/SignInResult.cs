using System.Security.Claims;

namespace Registry.AspNetCore.Credentials;

/// <summary>What came of signing in.</summary>
/// <param name="Identity">The user, or <see langword="null"/> when the credentials were not accepted.</param>
/// <param name="Validator">The name of the validator that accepted them.</param>
/// <param name="RetryAfter">How long to wait before another attempt is looked at; set where there were too many failures.</param>
internal readonly record struct SignInResult(ClaimsIdentity? Identity, string? Validator, TimeSpan? RetryAfter)
{
    public static SignInResult Refused => default;
}
