using Microsoft.AspNetCore.Authorization;

namespace Registry.AspNetCore.Authorization;

/// <summary>An operation that the host's authorization handlers decide; the resource is a <see cref="RegistryResource"/>.</summary>
public sealed class RegistryRequirement : IAuthorizationRequirement
{
    private static readonly RegistryRequirement[] All = [.. Enum.GetValues<RegistryAction>().Select(static action => new RegistryRequirement(action))];

    private RegistryRequirement(RegistryAction action) => Action = action;

    /// <summary>What the caller wants to do.</summary>
    public RegistryAction Action { get; }

    internal static RegistryRequirement For(RegistryAction action) => All[(int)action];

    /// <inheritdoc/>
    public override string ToString() => $"Registry: {Action}";
}
