using Registry.Model;

namespace Registry.AspNetCore.Authorization;

/// <summary>What an operation is on.</summary>
/// <param name="Registry">The registry's name among the host's; empty for the only one.</param>
/// <param name="Repository">The repository, or <see langword="null"/> for the registry as a whole.</param>
/// <param name="Tag">The tag, where the operation is on one.</param>
public sealed record RegistryResource(string Registry, RepositoryName? Repository, Tag? Tag);
