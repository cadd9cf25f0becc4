using System.Runtime.CompilerServices;

namespace Registry.Storage;

/// <summary>Listings that are read to their end.</summary>
internal static class ObjectStoreListing
{
    /// <summary>Lists every key with a prefix, in ordinal order, holding one page at a time.</summary>
    public static IAsyncEnumerable<string> ListAllAsync(this IObjectStore store, string prefix, CancellationToken cancellationToken) => store.ListAllAsync(prefix, null, cancellationToken);

    /// <summary>Lists every key with a prefix that sorts after another, in ordinal order, holding one page at a time.</summary>
    public static async IAsyncEnumerable<string> ListAllAsync(this IObjectStore store, string prefix, string? startAfter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? last = startAfter;
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
