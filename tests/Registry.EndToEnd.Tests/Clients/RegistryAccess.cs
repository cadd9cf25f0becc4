using Registry.TestServers.Networks;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>A user's name and password.</summary>
public sealed record Login(string UserName, string Password);

/// <summary>How a client reaches a registry. By default without TLS, from the machine's own network.</summary>
/// <param name="Name">Host and port, or host alone for port 443, as image references name it.</param>
public sealed record RegistryAccess(string Name)
{
    /// <summary>With TLS, and the certificate verified.</summary>
    public bool Tls { get; init; }

    /// <summary>The certificate authority (PEM) that the client trusts beside the machine's own; null for none.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The network that the client, and what it runs on, is in; null for the machine's.</summary>
    public PrivateNetwork? Network { get; init; }
}
