using Registry.Model;

namespace Registry.AspNetCore.Authorization;

/// <summary>What an operation is on.</summary>
/// <param name="Registry">The registry's name among the host's; empty for the only one.</param>
/// <param name="Feed">The feed's own name, whatever clients call it; empty for the default feed. <see langword="null"/> where the operation is on the registry as a whole.</param>
/// <param name="Repository">The repository's name within the feed, or <see langword="null"/> for the feed as a whole.</param>
/// <param name="Tag">The tag, where the operation is on one.</param>
public sealed record RegistryResource(string Registry, string? Feed, RepositoryName? Repository, Tag? Tag);
