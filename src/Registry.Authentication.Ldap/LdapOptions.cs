using Registry.Authentication.Ldap.Protocol;

namespace Registry.Authentication.Ldap;

/// <summary>
/// Which directory users sign in against, and how they are found in it. A user is found either by <see cref="UserDnTemplate"/>, or by a search (<see cref="UserBase"/>, <see cref="UserFilter"/>) as the
/// account <see cref="BindDn"/>. In templates and filters, <c>{user}</c> stands for the user name and <c>{dn}</c> for the user's distinguished name; what they stand for is always taken as it is.
/// </summary>
public sealed class LdapOptions
{
    private static readonly TimeSpan MinTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(1);

    /// <summary>The validator's name among the registry's, <c>ldap</c> by default: another for each further directory.</summary>
    public string Name { get; set; } = "ldap";

    /// <summary>
    /// The servers, asked in this order until one answers: <c>ldaps://host</c> (port 636), or <c>ldap://host</c> (port 389), which is then encrypted with StartTLS. Another port follows a colon.
    /// </summary>
    public IList<string> Servers { get; } = [];

    /// <summary>Sends passwords to servers of <c>ldap://</c> without encryption. Off by default.</summary>
    public bool AllowUnencrypted { get; set; }

    /// <summary>A file with the certificates (PEM) that the servers' must come from, instead of those that the system trusts.</summary>
    public string? CertificateAuthorityFile { get; set; }

    /// <summary>The account that searches; <see langword="null"/> searches without one, or, with <see cref="UserDnTemplate"/>, as the user.</summary>
    public string? BindDn { get; set; }

    /// <summary>The password of <see cref="BindDn"/>.</summary>
    public string? BindPassword { get; set; }

    /// <summary>The distinguished name of a user, such as <c>uid={user},ou=people,dc=example,dc=org</c>. Users are not searched for then.</summary>
    public string? UserDnTemplate { get; set; }

    /// <summary>Where users are searched for, in the whole tree below.</summary>
    public string? UserBase { get; set; }

    /// <summary>What finds a user: <c>(uid={user})</c> by default. For Active Directory, <c>(sAMAccountName={user})</c>.</summary>
    public string UserFilter { get; set; } = "(uid={user})";

    /// <summary>
    /// The attribute that the user's name in the registry is taken from, <c>uid</c> by default. Directories do not mind case and spaces; the registry does, so the name is as the directory spells it.
    /// </summary>
    public string UserNameAttribute { get; set; } = "uid";

    /// <summary>An attribute of users that has the distinguished names of their groups, such as <c>memberOf</c>. A group's name is then the first part of it.</summary>
    public string? MemberOfAttribute { get; set; }

    /// <summary>Where groups are searched for, in the whole tree below; <see langword="null"/> searches for none.</summary>
    public string? GroupBase { get; set; }

    /// <summary>What finds a user's groups: those with the user as <c>member</c>, <c>uniqueMember</c> or <c>memberUid</c> by default.</summary>
    public string GroupFilter { get; set; } = "(|(member={dn})(uniqueMember={dn})(memberUid={user}))";

    /// <summary>The attribute with a group's name, <c>cn</c> by default.</summary>
    public string GroupNameAttribute { get; set; } = "cn";

    /// <summary>
    /// Roles by groups: by their names, or by their distinguished names as the directory spells them; case does not matter. When there are any, other groups give no role; when there are none, each group
    /// gives a role of its own name. Where people who may not give roles can make groups, use distinguished names: a name alone may be that of any group of the directory.
    /// </summary>
    public IDictionary<string, string> Roles { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How long a sign-in may take with everything that it asks: 10 seconds by default, from 1 second to 1 minute.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many sign-ins may be under way at once: 16 by default, from 1 to 1,000. Others wait.</summary>
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>Names every setting that is wrong.</summary>
    internal IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(Name))
        {
            yield return $"{nameof(LdapOptions)}.{nameof(Name)} is empty.";
        }

        if (Servers.Count == 0)
        {
            yield return $"{nameof(LdapOptions)}.{nameof(Servers)} is empty. Add one, such as 'ldaps://ldap.example.org'.";
        }

        foreach (string server in Servers)
        {
            if (LdapServer.TryParse(server) is null)
            {
                yield return $"{nameof(LdapOptions)}.{nameof(Servers)}: '{server}' is neither 'ldaps://host' nor 'ldap://host', each with or without a port.";
            }
        }

        if (UserDnTemplate is null == UserBase is null)
        {
            yield return $"{nameof(LdapOptions)}: either {nameof(UserDnTemplate)} or {nameof(UserBase)} must be set.";
        }

        if (UserDnTemplate?.Contains(LdapFilter.User, StringComparison.Ordinal) == false)
        {
            yield return $"{nameof(LdapOptions)}.{nameof(UserDnTemplate)} must contain {LdapFilter.User}.";
        }

        if (BindDn is null != BindPassword is null || BindPassword?.Length == 0)
        {
            yield return $"{nameof(LdapOptions)}.{nameof(BindDn)} and {nameof(BindPassword)} must be set together, and the password must not be empty.";
        }

        if (!UserFilter.Contains(LdapFilter.User, StringComparison.Ordinal))
        {
            yield return $"{nameof(LdapOptions)}.{nameof(UserFilter)} must contain {LdapFilter.User}.";
        }

        foreach ((string name, string filter) in ((string, string)[])[(nameof(UserFilter), UserFilter), (nameof(GroupFilter), GroupFilter)])
        {
            if (!LdapFilter.TryParse(filter, out _))
            {
                yield return $"{nameof(LdapOptions)}.{name} is not a filter as RFC 4515 has it.";
            }
        }

        foreach ((string name, string attribute) in ((string, string)[])[(nameof(UserNameAttribute), UserNameAttribute), (nameof(GroupNameAttribute), GroupNameAttribute), (nameof(MemberOfAttribute), MemberOfAttribute ?? "memberOf")])
        {
            if (!LdapFilter.IsAttribute(attribute))
            {
                yield return $"{nameof(LdapOptions)}.{name} is not the name of an attribute.";
            }
        }

        if (Timeout < MinTimeout || Timeout > MaxTimeout)
        {
            yield return $"{nameof(LdapOptions)}.{nameof(Timeout)} is {Timeout}; it must be from one second to one minute.";
        }

        if (MaxConcurrency is < 1 or > 1000)
        {
            yield return $"{nameof(LdapOptions)}.{nameof(MaxConcurrency)} is {MaxConcurrency}; it must be from 1 to 1,000.";
        }
    }
}
