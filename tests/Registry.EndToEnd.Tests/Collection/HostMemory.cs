namespace Registry.EndToEnd.Tests.Collection;

/// <summary>Memory of hosts.</summary>
/// <param name="ResidentBytes">What their processes have.</param>
/// <param name="CommittedBytes">Of that, what their runtimes manage, used or not.</param>
/// <param name="LiveBytes">Of that, what was in use when each collected all of it last.</param>
internal sealed record HostMemory(long ResidentBytes, long CommittedBytes, long LiveBytes)
{
    public static HostMemory operator +(HostMemory one, HostMemory other) =>
        new(one.ResidentBytes + other.ResidentBytes, one.CommittedBytes + other.CommittedBytes, one.LiveBytes + other.LiveBytes);
}
