namespace Registry.Authentication.Ldap.Protocol;

/// <summary>A server's address.</summary>
internal sealed record LdapServer(string Host, int Port, bool IsTls)
{
    private const int PlainPort = 389;
    private const int TlsPort = 636;

    public static LdapServer? TryParse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Host.Length == 0 || address.UserInfo.Length > 0 || address.AbsolutePath is not ("" or "/") || address.Query.Length > 0)
        {
            return null;
        }

        return address.Scheme switch
        {
            "ldap" => new LdapServer(address.IdnHost, address.Port > 0 ? address.Port : PlainPort, false),
            "ldaps" => new LdapServer(address.IdnHost, address.Port > 0 ? address.Port : TlsPort, true),
            _ => null,
        };
    }

    public override string ToString() => $"{(IsTls ? "ldaps" : "ldap")}://{Host}:{Port}";
}
