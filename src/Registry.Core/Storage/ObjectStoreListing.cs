using System.Runtime.CompilerServices;

namespace Registry.Storage;

/// <summary>Listings that are read to their end.</summary>
internal static class ObjectStoreListing
{
    /// <summary>Lists every key with a prefix, in ordinal order, holding one page at a time.</summary>
    public static async IAsyncEnumerable<string> ListAllAsync(this IObjectStore store, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? last = null;
        KeyPage page;
        do
        {
            page = await store.ListAsync(prefix, last, ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
            foreach (string key in page.Keys)
            {
                last = key;
                yield return key;
            }
        }
        while (page.HasMore);
    }
}
