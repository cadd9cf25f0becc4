using Registry.Authentication.Ldap;
using Registry.TestServers.Ldap;

[assembly: AssemblyFixture(typeof(SlapdFixture))]

namespace Registry.Authentication.Ldap;

/// <summary>The directory of the run, started when the first test asks for it.</summary>
public sealed class SlapdFixture : IAsyncLifetime
{
    private const string Entries = """
        dn: ou=people,dc=example,dc=org
        objectClass: organizationalUnit
        ou: people

        dn: ou=groups,dc=example,dc=org
        objectClass: organizationalUnit
        ou: groups

        dn: uid=searcher,dc=example,dc=org
        objectClass: account
        objectClass: simpleSecurityObject
        uid: searcher
        userPassword: search password

        dn: uid=ann,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: ann
        cn: Ann
        sn: Example
        mail: ann@example.org
        userPassword: correct horse
        memberOf: cn=Developers,ou=groups,dc=example,dc=org
        memberOf: cn=other,ou=groups,dc=example,dc=org

        dn: uid=bob,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: bob
        cn: Bob
        sn: Example
        mail: same@example.org
        userPassword: pässwörd

        dn: uid=b\2Cc\=d \2B (e)*\5C,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: b,c=d + (e)*\
        cn: Odd
        sn: Example
        mail: same@example.org
        userPassword: odd

        dn: uid=plain,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: plain
        cn: None
        sn: Example

        dn: cn=Developers,ou=groups,dc=example,dc=org
        objectClass: groupOfNames
        cn: Developers
        member: uid=ann,ou=people,dc=example,dc=org
        member: uid=b\2Cc\=d \2B (e)*\5C,ou=people,dc=example,dc=org

        dn: cn=posix,ou=groups,dc=example,dc=org
        objectClass: posixGroup
        cn: posix
        gidNumber: 1000
        memberUid: ann

        dn: cn=nobody else,ou=groups,dc=example,dc=org
        objectClass: groupOfUniqueNames
        cn: nobody else
        uniqueMember: uid=bob,ou=people,dc=example,dc=org
        """;

    private readonly SemaphoreSlim gate = new(1, 1);
    private DirectoryInfo? folder;
    private SlapdServer? server;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The server. Skips the test where it cannot be had.</summary>
    public async ValueTask<SlapdServer> RequireAsync(CancellationToken cancellationToken)
    {
        Assert.SkipWhen(SlapdServer.Missing is not null, SlapdServer.Missing ?? "");
        await gate.WaitAsync(cancellationToken);
        try
        {
            folder ??= Directory.CreateTempSubdirectory("registry-slapd-");
            return server ??= await SlapdServer.StartAsync(folder.FullName, Entries, CancellationToken.None);
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        folder?.Delete(recursive: true);
        gate.Dispose();
    }
}
