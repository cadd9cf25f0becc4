using Registry.Feeds;

namespace Registry.AspNetCore.Authorization;

/// <summary>What the host said about access.</summary>
internal sealed class RegistryAccessOptions
{
    /// <summary>What callers may do without signing in, in feeds that say nothing else.</summary>
    public AnonymousAccess Anonymous { get; set; }

    /// <summary>Whether the host's own handlers decide.</summary>
    public bool UsesHostAuthorization { get; set; }

    /// <summary>Whether the registry has users, keys or tokens of its own.</summary>
    public bool UsesSignIn { get; set; }

    /// <summary>The host's schemes that say who the caller is.</summary>
    public IReadOnlyList<string> AuthenticationSchemes { get; set; } = [];

    /// <summary>Whether there is any way to say who one is.</summary>
    public bool KnowsCallers => UsesHostAuthorization || UsesSignIn;
}
