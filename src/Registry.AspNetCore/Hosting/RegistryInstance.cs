using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.SignIn;
using Registry.AspNetCore.Tokens;
using Registry.Feeds;
using Registry.Maintenance.Usage;

namespace Registry.AspNetCore.Hosting;

/// <summary>One registry of the host: what its endpoints work with. Registries in one host share nothing through it.</summary>
internal sealed class RegistryInstance(
    string name, DockerRegistryOptions options, FeedDirectory feeds, ContentRoots roots, RegistryGate gate, Challenger challenger, TokenService? tokens, PullCounter pulls, ILogger logger)
{
    /// <summary>The name it was added under; empty for the only one.</summary>
    public string Name { get; } = name;

    public DockerRegistryOptions Options { get; } = options;

    /// <summary>The feeds as they are now.</summary>
    public FeedDirectory Feeds { get; } = feeds;

    /// <summary>What the feeds' stores hold.</summary>
    public ContentRoots Roots { get; } = roots;

    public RegistryGate Gate { get; } = gate;

    public Challenger Challenger { get; } = challenger;

    /// <summary>The token service, where the registry has one of its own.</summary>
    public TokenService? Tokens { get; } = tokens;

    /// <summary>Counts pulls.</summary>
    public PullCounter Pulls { get; } = pulls;

    public ILogger Logger { get; } = logger;

    public StringValues Warnings { get; } = WarningHeaders.Format(options.Warnings);
}
