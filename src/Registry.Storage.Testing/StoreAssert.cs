using Xunit;

namespace Registry.Storage.Testing;

internal static class StoreAssert
{
    /// <summary>Compares contents of any size and says where they part, instead of printing megabytes.</summary>
    public static void Bytes(ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> actual, string what)
    {
        int common = expected.Span.CommonPrefixLength(actual.Span);
        if (common < expected.Length || common < actual.Length)
        {
            Assert.Fail($"'{what}' has {actual.Length} bytes, {expected.Length} were expected, and they differ from byte {common} on.");
        }
    }

    /// <summary>What went wrong, or <see langword="null"/>, when a fault is one of the outcomes that the contract allows.</summary>
    public static async Task<IOException?> FaultOfAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (IOException fault)
        {
            return fault;
        }
    }
}
