namespace Registry.Content.Records;

/// <summary>Says that a store holds a registry, and in which version of the layout.</summary>
/// <param name="Format">What it holds.</param>
/// <param name="Version">In which version.</param>
/// <param name="Copy">Of a store that a registry is or was copied to, and that no host has used since.</param>
internal sealed record FormatRecord(string Format, int Version, CopyNote? Copy = null);

/// <summary>What a store tells of the copy that it is.</summary>
/// <param name="Source">When the store that it was copied from was marked as a registry's, which tells one source from another.</param>
/// <param name="Run">The copy that is under way, or was last.</param>
/// <param name="Ended">When the last copy came to its end.</param>
internal sealed record CopyNote(DateTimeOffset Source, string Run, DateTimeOffset? Ended);
