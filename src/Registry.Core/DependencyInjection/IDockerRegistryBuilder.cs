namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What <c>AddDockerRegistry</c> returns: the place where a registry gets its storage and its access rules.</summary>
public interface IDockerRegistryBuilder
{
    /// <summary>The registry's name among the host's; empty for the only one.</summary>
    string Name { get; }

    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}
