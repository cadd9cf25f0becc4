namespace Registry.Content.Records;

/// <summary>Says that a store holds a registry, and in which version of the layout.</summary>
internal sealed record FormatRecord(string Format, int Version);
