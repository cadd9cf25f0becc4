namespace Registry.AspNetCore.Authorization;

internal enum Verdict
{
    /// <summary>Go on.</summary>
    Allowed,

    /// <summary>Credentials could help: challenge.</summary>
    Unauthenticated,

    /// <summary>The credentials that came are not right, or not any more: challenge.</summary>
    InvalidCredentials,

    /// <summary>The caller may do this, and its token is not for it: challenge for another one.</summary>
    InsufficientScope,

    /// <summary>No credentials of this caller help.</summary>
    Denied,

    /// <summary>There were too many failures to look at these credentials now.</summary>
    Throttled,
}
