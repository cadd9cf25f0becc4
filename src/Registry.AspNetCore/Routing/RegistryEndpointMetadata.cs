namespace Registry.AspNetCore.Routing;

/// <summary>Says which registry an endpoint is of.</summary>
internal sealed record RegistryEndpointMetadata(string Registry);
