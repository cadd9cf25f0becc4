using Registry.Content;
using Registry.Storage;

namespace Registry.Maintenance.Collection;

/// <summary>The store's clock, as far as it was seen to differ from this host's.</summary>
internal sealed class StoreTime(TimeProvider time)
{
    private long _offset;

    public DateTimeOffset Now => time.GetUtcNow() + (Guards.Holds(Guard.StoreClock) ? TimeSpan.FromTicks(Volatile.Read(ref _offset)) : TimeSpan.Zero);

    /// <summary>Has the store say what time it is, by writing something: before ages are judged by whoever holds no claim that told him.</summary>
    public async ValueTask AskAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        await store.PutAsync(ContentKeys.Clock, ReadOnlyMemory<byte>.Empty, PutCondition.None, cancellationToken).ConfigureAwait(false);

        // Another host may have written it since, which was just now too.
        if (await store.GetAsync(ContentKeys.Clock, cancellationToken).ConfigureAwait(false) is { } written)
        {
            Observe(written.LastModified);
        }
    }

    /// <summary>Takes note of when the store says that something was written which was written just now.</summary>
    public void Observe(DateTimeOffset written) => Volatile.Write(ref _offset, (written - time.GetUtcNow()).Ticks);
}
