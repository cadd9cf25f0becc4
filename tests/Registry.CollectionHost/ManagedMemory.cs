namespace Registry.CollectionHost;

/// <summary>Of this process's memory, what its runtime manages.</summary>
/// <param name="CommittedBytes">What the runtime had taken from the system after its last collection, used or not.</param>
/// <param name="LiveBytes">What its last full collection found in use; 0 before the first.</param>
internal sealed record ManagedMemory(long CommittedBytes, long LiveBytes)
{
    public static ManagedMemory Now()
    {
        var full = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        return new ManagedMemory(GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes, full.HeapSizeBytes - full.FragmentedBytes);
    }
}
