namespace Registry.AspNetCore.Credentials.Chain;

/// <summary>
/// Bounds how many slow hashes of passwords are computed at once in this process: all processors but one, so that a flood of sign-ins neither takes every thread nor stops pulls. Who waits holds no thread.
/// </summary>
internal sealed class HashingSlots : IDisposable
{
    private readonly SemaphoreSlim _free = new(Math.Max(1, Environment.ProcessorCount - 1));
    private long _count;

    /// <summary>How many hashes were computed.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Computes a hash when it is its turn.</summary>
    public async ValueTask<bool> RunAsync<TState>(Func<TState, bool> verify, TState state, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Interlocked.Increment(ref _count);
            return verify(state);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();
}
