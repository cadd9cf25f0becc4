namespace Registry.Authentication.Ldap.Protocol;

/// <summary>A server answered with a result code that is no success, or with what is no LDAP.</summary>
internal sealed class LdapException(int? code, string message) : Exception(message)
{
    /// <summary>The result code (RFC 4511, appendix A), where there was one.</summary>
    public int? Code => code;
}
