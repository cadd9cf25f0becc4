namespace Registry.AspNetCore.Credentials;

/// <summary>Claims that mean something to a registry. A name and roles are the usual ones of <see cref="System.Security.Claims.ClaimTypes"/>.</summary>
public static class RegistryClaims
{
    /// <summary>
    /// Changes whenever the user has to sign in again, for example with the password. A token whose stamp differs from the one that the
    /// <see cref="IAccountDirectory"/> gives is refused. Never the password's hash itself, and nothing that it could be guessed from.
    /// </summary>
    public const string Stamp = "registry:stamp";

    /// <summary>Narrows the user to feeds: a wildcard for a feed's name (<c>*</c>, <c>?</c>). With several, each opens its feeds; with none, all are open. Nothing is granted by it.</summary>
    public const string OnlyFeed = "registry:only-feed";

    /// <summary>Narrows the user to actions: the name of a <see cref="Authorization.RegistryAction"/>. With none, all are open. Nothing is granted by it.</summary>
    public const string OnlyAction = "registry:only-action";

    /// <summary>The id of the API key that the user signed in with.</summary>
    public const string ApiKey = "registry:api-key";
}
