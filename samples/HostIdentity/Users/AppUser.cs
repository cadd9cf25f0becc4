namespace RegistryWithIdentity.Users;

/// <summary>A user of the app, as it is kept in its file.</summary>
internal sealed record AppUser
{
    public string Id { get; set; } = Guid.NewGuid().ToString();

    public string? UserName { get; set; }

    public string? NormalizedUserName { get; set; }

    public string? PasswordHash { get; set; }

    /// <summary>Identity changes it with the password. Cookies, and the registry's tokens, end with that.</summary>
    public string? SecurityStamp { get; set; }

    public List<string> Roles { get; set; } = [];

    /// <summary>A copy: what a request changes counts when it is saved.</summary>
    public AppUser Copy() => this with { Roles = [.. Roles] };
}
