using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Registry.TestServers.Certificates;

/// <summary>A certificate and its private key, as the PEM files that servers read.</summary>
public sealed record CertificateFiles(string Certificate, string Key);

/// <summary>A certificate authority that nothing trusts unless it is told to. Its key lives in memory only.</summary>
public sealed class TestCertificateAuthority : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);

    private readonly X509Certificate2 certificate;
    private readonly string folder;
    private int next;

    private TestCertificateAuthority(X509Certificate2 certificate, string folder)
    {
        this.certificate = certificate;
        this.folder = folder;
        CertificateFile = Path.Combine(folder, "authority.pem");
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>Its certificate (PEM), for clients that are to trust it.</summary>
    public string CertificateFile { get; }

    /// <summary>Its certificate without the key, for clients in this process.</summary>
    public X509Certificate2 ExportCertificate() => X509CertificateLoader.LoadCertificate(certificate.RawData);

    /// <param name="folder">Where its files go. The caller removes it.</param>
    public static TestCertificateAuthority Create(string folder)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Registry test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLengthConstraint: 0));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new TestCertificateAuthority(request.CreateSelfSigned(now - Lifetime, now + Lifetime), folder);
    }

    /// <summary>Issues a server's certificate.</summary>
    /// <param name="names">Host names and IP addresses; the first is also the subject's common name.</param>
    public CertificateFiles Issue(params IReadOnlyList<string> names)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "TLS server")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 issued = request.Create(certificate, now.AddHours(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(16));

        string path = Path.Combine(folder, $"server-{Interlocked.Increment(ref next)}");
        var files = new CertificateFiles(path + ".pem", path + ".key");
        File.WriteAllText(files.Certificate, issued.ExportCertificatePem() + "\n");
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem() + "\n");
        return files;
    }

    public void Dispose() => certificate.Dispose();
}
