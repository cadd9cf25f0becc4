using System.Formats.Asn1;
using Registry.Authentication.Ldap.Protocol;

namespace Registry.Authentication.Ldap;

/// <summary>Filters and names as text, and what becomes of them.</summary>
public sealed class LdapTextTests
{
    [Theory]
    [InlineData("(uid={user})", "A30A040375696404036E2A29")]
    [InlineData("(uid=*)", "8703756964")]
    [InlineData("(!(a=b))", "A208A306040161040162")]
    [InlineData("(&(a=b)(c>=d))", "A010A306040161040162A506040163040164")]
    [InlineData("(|(a<=b)(c~=d))", "A110A606040161040162A806040163040164")]
    [InlineData("(a=b*c*d)", "A40E0401613009800162810163820164")]
    [InlineData("(a=*c)", "A4080401613003820163")]
    [InlineData(@"(a=\2a\28\c3\bc)", "A30904016104042A28C3BC")]
    [InlineData("(a=ü)", "A307040161" + "0402C3BC")]
    [InlineData("(m:1.2.3:={dn})", "A90D8105312E322E3382016D830164")]
    [InlineData("(o:dn:=x)", "A90982016F8301788401FF")]
    public void A_filter_is_written_as_the_protocol_has_it(string text, string expected)
    {
        Assert.True(LdapFilter.TryParse(text, out LdapFilter? filter));
        var writer = new AsnWriter(AsnEncodingRules.BER);

        filter.Write(writer, "n*)", "d");

        Assert.Equal(expected, Convert.ToHexString(writer.Encode()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("uid={user}")]
    [InlineData("(uid={user}")]
    [InlineData("(uid={user}))")]
    [InlineData("(&)")]
    [InlineData("(=x)")]
    [InlineData("(a=b(c)")]
    [InlineData(@"(a=\2)")]
    [InlineData(@"(a=\zz)")]
    [InlineData("(a>=b*c)")]
    [InlineData("(a=b**c)")]
    [InlineData("(a b=c)")]
    [InlineData("(:=x)")]
    [InlineData("(!(a=b)(c=d))")]
    public void What_is_no_filter_is_refused(string text) => Assert.False(LdapFilter.TryParse(text, out _));

    [Fact]
    public void A_filter_may_be_nested_so_far() => Assert.False(LdapFilter.TryParse(string.Concat(Enumerable.Repeat("(!", 100_000)) + "(a=b)" + new string(')', 100_000), out _));

    [Theory]
    [InlineData("ann", "ann")]
    [InlineData("a,b+c", @"a\,b\+c")]
    [InlineData(" a b ", @"\ a b\ ")]
    [InlineData("#a=\"<>;\\", @"\#a\=\""\<\>\;\\")]
    [InlineData("a\nb", @"a\0ab")]
    [InlineData("ü", "ü")]
    public void A_value_in_a_name_is_escaped(string value, string expected) => Assert.Equal(expected, DistinguishedName.Escape(value));

    [Theory]
    [InlineData("cn=dev,ou=groups,dc=example,dc=org", "dev")]
    [InlineData("CN=Two Words ,OU=x", "Two Words")]
    [InlineData(@"cn=a\,b\2Bc,ou=x", "a,b+c")]
    [InlineData(@"cn=\c3\bc\ ,ou=x", "ü ")]
    [InlineData("cn=a+uid=b,ou=x", "a")]
    [InlineData("cn=🔑,ou=x", "🔑")]
    [InlineData("cn=#0403616263,ou=x", null)]
    [InlineData("nothing", null)]
    [InlineData("cn=,ou=x", null)]
    public void The_first_value_of_a_name_is_found(string name, string? expected) => Assert.Equal(expected, DistinguishedName.FirstValue(name));

    [Theory]
    [InlineData("ldaps://ldap.example.org", "ldap.example.org", 636, true)]
    [InlineData("ldap://ldap.example.org/", "ldap.example.org", 389, false)]
    [InlineData("ldap://[::1]:3890", "::1", 3890, false)]
    [InlineData("LDAPS://127.0.0.1:1636", "127.0.0.1", 1636, true)]
    public void A_servers_address_is_read(string text, string host, int port, bool isTls) => Assert.Equal(new LdapServer(host, port, isTls), LdapServer.TryParse(text));

    [Theory]
    [InlineData("ldap.example.org")]
    [InlineData("https://ldap.example.org")]
    [InlineData("ldap://")]
    [InlineData("ldap://user@host")]
    [InlineData("ldap://host/dc=x")]
    public void What_is_no_servers_address_is_refused(string text) => Assert.Null(LdapServer.TryParse(text));
}
