using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>Copies small objects as they are.</summary>
internal sealed class ObjectCopy(CopyRun run)
{
    /// <summary>Copies the objects of a listing.</summary>
    /// <param name="list">Lists them in a store.</param>
    /// <param name="sayAll">Whether the keys say everything, so that two objects with the same key are equal.</param>
    public ValueTask CopyAllAsync(Func<IObjectStore, IAsyncEnumerable<string>> list, bool sayAll) => run.ForEachAsync(
        KeyMerge.MergeAsync(list(run.Source.Store), list(run.Target.Store), run.Token),
        key => !key.InSource || (sayAll && key.InTarget) ? default : EnsureAsync(key.Key));

    /// <summary>Removes what the source has no more.</summary>
    public ValueTask RemoveAllAsync(Func<IObjectStore, IAsyncEnumerable<string>> list) => run.ForEachAsync(
        KeyMerge.MergeAsync(list(run.Source.Store), list(run.Target.Store), run.Token),
        key => key.InSource ? default : RemoveAsync(key.Key));

    public async ValueTask EnsureAsync(string key)
    {
        try
        {
            if (await run.Source.Store.GetAsync(key, run.Token).ConfigureAwait(false) is not { } found)
            {
                return;
            }

            SmallObject? there = await run.Target.Store.GetAsync(key, run.Token).ConfigureAwait(false);
            if (there is null || !there.Content.Span.SequenceEqual(found.Content.Span))
            {
                await run.PutAsync(key, found.Content, there, static report => report with { OtherObjects = report.OtherObjects + 1 }).ConfigureAwait(false);
            }
        }
        catch (ObjectTooLargeException e)
        {
            run.Add(ContentCopyProblemKind.ObjectTooLarge, key, e.Message);
        }
    }

    public async ValueTask RemoveAsync(string key)
    {
        // The source's listing may be older than the object.
        if (await ExistsAsync(run.Source.Store, key).ConfigureAwait(false))
        {
            return;
        }

        await run.Target.Store.DeleteAsync(key, run.Token).ConfigureAwait(false);
        run.Count(static report => report with { Removed = report.Removed + 1 });
    }

    private async ValueTask<bool> ExistsAsync(IObjectStore store, string key)
    {
        if (await store.OpenReadAsync(key, 0, 0, run.Token).ConfigureAwait(false) is not { } content)
        {
            return false;
        }

        await content.DisposeAsync().ConfigureAwait(false);
        return true;
    }
}
