using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Registry.TestServers.Processes;

namespace Registry.TestServers.Ldap;

/// <summary>OpenLDAP's server with a configuration and data of its own, on free ports of 127.0.0.1: one for LDAP (with StartTLS) and one for LDAPS.</summary>
public sealed class SlapdServer : IAsyncDisposable
{
    public const string Suffix = "dc=example,dc=org";
    public const string AdminDn = $"cn=admin,{Suffix}";
    public const string AdminPassword = "admin password";

    private const string SchemaFolder = "/etc/ldap/schema";
    private const string ModuleFolder = "/usr/lib/ldap";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly string[] Folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/libexec"];

    private readonly Daemon daemon;

    private SlapdServer(Daemon daemon, int port, int tlsPort, string authorityFile)
    {
        this.daemon = daemon;
        Port = port;
        TlsPort = tlsPort;
        AuthorityFile = authorityFile;
    }

    public int Port { get; }

    public int TlsPort { get; }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"ldap://127.0.0.1:{Port}");

    public string TlsAddress => string.Create(CultureInfo.InvariantCulture, $"ldaps://127.0.0.1:{TlsPort}");

    /// <summary>The certificate (PEM) that the server's comes from.</summary>
    public string AuthorityFile { get; }

    /// <summary>Why it cannot be had here, or null.</summary>
    public static string? Missing =>
        Find("slapd") is null || Find("slapadd") is null ? "slapd is not installed."
        : !File.Exists(Path.Combine(SchemaFolder, "inetorgperson.schema")) ? $"slapd's schemas are not in {SchemaFolder}."
        : null;

    /// <summary>Starts it, and returns when it answers.</summary>
    /// <param name="folder">A folder for all that it has. The caller removes it.</param>
    /// <param name="ldif">The entries below <see cref="Suffix"/>, which is there already.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<SlapdServer> StartAsync(string folder, string ldif, CancellationToken cancellationToken)
    {
        string configuration = Path.Combine(folder, "slapd.conf");
        string data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        await WriteCertificatesAsync(folder, cancellationToken);
        await File.WriteAllTextAsync(configuration, $"""
            include {SchemaFolder}/core.schema
            include {SchemaFolder}/cosine.schema
            include {SchemaFolder}/nis.schema
            include {SchemaFolder}/inetorgperson.schema
            modulepath {ModuleFolder}
            moduleload back_mdb
            moduleload memberof
            pidfile {folder}/slapd.pid
            TLSCACertificateFile {folder}/ca.pem
            TLSCertificateFile {folder}/server.pem
            TLSCertificateKeyFile {folder}/server.key
            database mdb
            suffix "{Suffix}"
            rootdn "{AdminDn}"
            rootpw "{AdminPassword}"
            directory {data}
            overlay memberof
            access to attrs=userPassword by anonymous auth by * none
            access to * by users read by anonymous auth

            """, cancellationToken);
        string entries = Path.Combine(folder, "entries.ldif");
        await File.WriteAllTextAsync(entries, $"dn: {Suffix}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n{ldif}\n", cancellationToken);
        Dictionary<string, string> environment = ProcessEnvironment.Inherited();
        CommandResult loaded = await Command.TryRunAsync(Find("slapadd")!, ["-f", configuration, "-l", entries], environment, folder, StartLimit, cancellationToken);
        if (loaded.ExitCode != 0)
        {
            throw new CommandFailedException(loaded.ToString());
        }

        int port = FreePort.Find();
        int tlsPort = FreePort.Find();
        string addresses = string.Create(CultureInfo.InvariantCulture, $"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tlsPort}/");
        Daemon daemon = await Daemon.StartAsync("slapd", Find("slapd")!, ["-f", configuration, "-h", addresses, "-d", "0"], environment, folder, Path.Combine(folder, "slapd.log"), cancellationToken);
        var server = new SlapdServer(daemon, port, tlsPort, Path.Combine(folder, "ca.pem"));
        try
        {
            await Eventually.HoldsAsync(server.AnswersAsync, StartLimit, () => $"slapd did not answer at {addresses}:\n{daemon.LogTail()}", cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => daemon.DisposeAsync();

    private static string? Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static async Task WriteCertificatesAsync(string folder, CancellationToken cancellationToken)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using var authorityKey = RSA.Create(2048);
        // Its name is its own: two authorities of one name would be taken for each other.
        var authorityRequest = new CertificateRequest($"CN=Registry tests {Path.GetFileName(folder)}", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 authority = authorityRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));

        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=slapd", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authority, now.AddDays(-1), now.AddDays(1), [1]);

        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), authority.ExportCertificatePem(), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "server.pem"), certificate.ExportCertificatePem(), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem(), cancellationToken);
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (daemon.HasExited)
        {
            throw new CommandFailedException($"slapd ended instead of listening:\n{daemon.LogTail()}");
        }

        try
        {
            foreach (int port in (int[])[Port, TlsPort])
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
