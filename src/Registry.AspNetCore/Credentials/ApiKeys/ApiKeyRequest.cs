using Registry.AspNetCore.Authorization;

namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>What a new API key should be.</summary>
public sealed class ApiKeyRequest
{
    internal const int MaxItems = 64;
    internal const int MaxTextLength = 255;

    /// <summary>What the owner calls it, for listings: 1 to 255 characters without control characters.</summary>
    public required string Name { get; init; }

    /// <summary>The user name of its owner, as whom it signs in.</summary>
    public required string Owner { get; init; }

    /// <summary>
    /// The <see cref="ICredentialValidator.Name"/> of the validator that knows the owner. Where that validator is an <see cref="IAccountDirectory"/>, the owner is looked up at each use: the key ends with
    /// the owner and has the owner's roles of the moment. Without it the key has <see cref="OwnerRoles"/> until it is revoked or expires.
    /// </summary>
    public string? OwnerValidator { get; init; }

    /// <summary>The roles that the key has where nobody is asked for the owner's: at most 64, each of 1 to 255 characters.</summary>
    public IReadOnlyList<string> OwnerRoles { get; init; } = [];

    /// <summary>When it ends; <see langword="null"/> for never. In the future.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The feeds that it is narrowed to, with the wildcards <c>*</c> and <c>?</c>; with none, it is open wherever its owner is. At most 64, each of 1 to 255 printable ASCII characters.</summary>
    public IReadOnlyList<string> Feeds { get; init; } = [];

    /// <summary>The actions that it is narrowed to; with none, it may do what its owner may.</summary>
    public IReadOnlyList<RegistryAction> Actions { get; init; } = [];
}
