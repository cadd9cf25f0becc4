namespace Registry.AspNetCore.Credentials.ApiKeys;

/// <summary>What is known of an API key. The key's text is not.</summary>
public sealed class ApiKey
{
    internal ApiKey(string id, ApiKeyRecord record)
    {
        Id = id;
        Name = record.Name;
        Owner = record.Owner;
        OwnerValidator = record.OwnerValidator;
        OwnerRoles = record.Roles;
        Created = record.Created;
        Expires = record.Expires;
        Revoked = record.Revoked;
        LastUsed = record.LastUsed;
        Feeds = record.Feeds;
        Actions = record.Actions;
    }

    /// <summary>Its id, which is also the part of its text after <c>drk_</c> and no secret.</summary>
    public string Id { get; }

    /// <summary>What its owner calls it.</summary>
    public string Name { get; }

    /// <summary>The user name of its owner.</summary>
    public string Owner { get; }

    /// <summary>The validator that knows its owner, if that is looked up.</summary>
    public string? OwnerValidator { get; }

    /// <summary>The roles that it has where nobody is asked for the owner's.</summary>
    public IReadOnlyList<string> OwnerRoles { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>When it ends, if ever.</summary>
    public DateTimeOffset? Expires { get; }

    /// <summary>When it was revoked, if it was.</summary>
    public DateTimeOffset? Revoked { get; }

    /// <summary>When it was last used, as far as that was written: some minutes late (<see cref="CredentialOptions.ApiKeyUseInterval"/>).</summary>
    public DateTimeOffset? LastUsed { get; }

    /// <summary>The feeds that it is narrowed to; empty for all.</summary>
    public IReadOnlyList<string> Feeds { get; }

    /// <summary>The names of the actions that it is narrowed to; empty for all.</summary>
    public IReadOnlyList<string> Actions { get; }
}

/// <summary>A key that was just made.</summary>
public sealed class CreatedApiKey
{
    internal CreatedApiKey(string key, ApiKey info)
    {
        Key = key;
        Info = info;
    }

    /// <summary>The key's text: what its bearer sends. Only a hash of it is kept, so it cannot be shown again.</summary>
    public string Key { get; }

    /// <summary>What is kept of it.</summary>
    public ApiKey Info { get; }
}
