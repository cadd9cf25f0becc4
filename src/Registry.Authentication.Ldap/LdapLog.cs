using Microsoft.Extensions.Logging;

namespace Registry.Authentication.Ldap;

/// <summary>Everything that is logged here. The event ids are frozen: operators filter by them.</summary>
internal static partial class LdapLog
{
    [LoggerMessage(300, LogLevel.Warning, "The filter of the directory '{Name}' found several users for one user name. None of them was signed in.")]
    public static partial void AmbiguousUser(this ILogger logger, string name);
}
