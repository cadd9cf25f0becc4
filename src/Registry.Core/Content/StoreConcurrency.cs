namespace Registry.Content;

/// <summary>Several operations on the store under way at once, for one caller.</summary>
internal static class StoreConcurrency
{
    /// <summary>
    /// Does something for each of some items, a number of them at a time. The calls begin on the caller's thread and go on where the store answers: what they wait for is the store, so that
    /// handing them to other threads would only cost.
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="limit">How many are under way at once, from 1 on.</param>
    /// <param name="action">What is done for each.</param>
    /// <param name="cancellationToken">Ends the work before the next item.</param>
    /// <returns>Completes when nothing is under way any more. After a fault no further item is begun, and the first fault is thrown.</returns>
    public static async Task ForEachAsync<T>(IReadOnlyCollection<T> items, int limit, Func<T, CancellationToken, ValueTask> action, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
        {
            return;
        }

        using IEnumerator<T> source = items.GetEnumerator();
        var gate = new Lock();
        bool stopped = false;
        var workers = new Task[Math.Min(limit, items.Count)];
        for (int i = 0; i < workers.Length; i++)
        {
            workers[i] = WorkAsync();
        }

        await Task.WhenAll(workers).ConfigureAwait(false);

        async Task WorkAsync()
        {
            while (TryTake(out T item))
            {
                try
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await action(item, cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    lock (gate)
                    {
                        stopped = true;
                    }

                    throw;
                }
            }
        }

        bool TryTake(out T item)
        {
            lock (gate)
            {
                bool taken = !stopped && source.MoveNext();
                item = taken ? source.Current : default!;
                return taken;
            }
        }
    }

    /// <summary>The same with a result for each of the items, in their order.</summary>
    public static async Task<TResult[]> SelectAsync<T, TResult>(IReadOnlyList<T> items, int limit, Func<T, CancellationToken, ValueTask<TResult>> action, CancellationToken cancellationToken)
    {
        var results = new TResult[items.Count];
        await ForEachAsync(
            Enumerable.Range(0, results.Length).ToArray(),
            limit,
            async (i, token) => results[i] = await action(items[i], token).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        return results;
    }
}
