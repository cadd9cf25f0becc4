using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Http;
using Registry.Content;

namespace Registry.AspNetCore.Hosting;

/// <summary>One registry of the host: what its endpoints work with. Registries in one host share nothing through it.</summary>
internal sealed class RegistryInstance(string name, DockerRegistryOptions options, ContentRoot content, RegistryGate gate, ILogger logger) : IDisposable
{
    /// <summary>The name it was added under; empty for the only one.</summary>
    public string Name { get; } = name;

    public DockerRegistryOptions Options { get; } = options;

    public ContentRoot Content { get; } = content;

    public RegistryGate Gate { get; } = gate;

    public ILogger Logger { get; } = logger;

    public StringValues Warnings { get; } = WarningHeaders.Format(options.Warnings);

    public void Dispose() => Content.Dispose();
}
