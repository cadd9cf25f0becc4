using Registry.Model;

namespace Registry.Content.Refs;

/// <summary>Some content in a repository: a blob, or a manifest.</summary>
internal readonly record struct ContentPlace(RepositoryName Repository, Digest Digest);
