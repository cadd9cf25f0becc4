using Registry.Model;

namespace Registry.Content.Tags;

/// <summary>One change of where a tag points.</summary>
/// <param name="Time">When it was.</param>
/// <param name="From">The manifest that the tag pointed at before; <see langword="null"/> where it was not there.</param>
/// <param name="To">The manifest that it points at since; <see langword="null"/> where it was deleted.</param>
/// <param name="By">The name of the user who did it; <see langword="null"/> where nobody had signed in, or where the registry did it.</param>
/// <param name="Job">The registry's own job that did it, such as <c>retention</c>; <see langword="null"/> where it was a client.</param>
public sealed record TagHistoryEntry(DateTimeOffset Time, Digest? From, Digest? To, string? By, string? Job);
