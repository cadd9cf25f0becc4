namespace Registry.Storage.Azure;

/// <summary>A place in the service's own listing from which to go on.</summary>
/// <param name="Prefix">What the keys of that listing start with; as long as the prefix asked for, or longer.</param>
/// <param name="Marker">A marker that the service issued for that listing, or <see langword="null"/> for its front.</param>
internal readonly record struct ListPosition(string Prefix, string? Marker);
