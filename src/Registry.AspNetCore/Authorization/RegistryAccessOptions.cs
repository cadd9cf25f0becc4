namespace Registry.AspNetCore.Authorization;

internal enum AnonymousAccess
{
    None,
    Pull,
    Full,
}

/// <summary>What the host said about access.</summary>
internal sealed class RegistryAccessOptions
{
    public AnonymousAccess Anonymous { get; set; }

    public bool UsesHostAuthorization { get; set; }

    public IReadOnlyList<string> AuthenticationSchemes { get; set; } = [];

    public bool IsDecided => UsesHostAuthorization || Anonymous != AnonymousAccess.None;
}
