namespace Registry.Content.Catalog;

/// <summary>A page of names, in ordinal order.</summary>
/// <param name="Names">The names.</param>
/// <param name="HasMore">Whether there may be more after the last one.</param>
internal sealed record NamePage(IReadOnlyList<string> Names, bool HasMore);
