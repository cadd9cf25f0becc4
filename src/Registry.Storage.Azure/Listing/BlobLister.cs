using Azure;
using Azure.Storage.Blobs.Models;

namespace Registry.Storage.Azure;

/// <summary>
/// Lists keys after any text, which the service cannot: it lists from the front of a prefix, or from a marker that it issued.
/// </summary>
/// <remarks>
/// <para>A marker stands for "what comes after this page" and says so by naming the next key: what is written before that key later on is missed from there. So the
/// marker to go on from is one of a place <b>at or before</b> the last key of a page. It is had by asking for the last key by itself: the marker that this was asked with is
/// remembered. A page then takes two requests, the second for one key, however deep it is.</para>
/// <para>Where no marker is remembered (another process listed before, or nobody did), the start is searched: of the prefixes of the start text, the shortest one
/// with few keys before the start is found by bisection, and the listing goes on from its front, then from those of shorter ones.</para>
/// </remarks>
internal sealed class BlobLister(BlobNames names)
{
    private const int LargestPage = 5000;

    /// <summary>How many keys of a prefix may come before the start, for the prefix to be listed from its front.</summary>
    private const int SearchPage = 2000;

    private readonly ListPositions positions = new();

    public async Task<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        string? after = startAfter is null || string.CompareOrdinal(startAfter, prefix) < 0 ? null : startAfter;
        if (after is not null && !after.StartsWith(prefix, StringComparison.Ordinal))
        {
            return new KeyPage([], HasMore: false);
        }

        ListPosition position = new(prefix, null);
        bool near = true;
        if (after is not null && !positions.TryGet(prefix, after, out position))
        {
            position = new ListPosition(await FindPrefixAsync(prefix, after, cancellationToken).ConfigureAwait(false), null);
            near = false;
        }

        return await ReadAsync(prefix, after, limit, position, near, cancellationToken).ConfigureAwait(false);
    }

    private async Task<KeyPage> ReadAsync(string prefix, string? after, int limit, ListPosition position, bool near, CancellationToken cancellationToken)
    {
        var keys = new List<string>(Math.Min(limit, 64));
        string? last = after;
        int step = 1;

        // The place remembered for the last key may begin with that key itself.
        int overlap = after is null ? 0 : 1;
        while (true)
        {
            int wanted = limit - keys.Count;
            int size = !near ? LargestPage : wanted > 1 ? Math.Min(LargestPage, wanted - 1 + overlap) : 1;
            overlap = 0;
            (List<string> found, string? marker) = await ReadPageAsync(position, size, cancellationToken).ConfigureAwait(false);
            int before = keys.Count;
            foreach (string key in found)
            {
                if (keys.Count < limit && (last is null || string.CompareOrdinal(key, last) > 0))
                {
                    keys.Add(key);
                    last = key;
                }
            }

            near |= keys.Count > before;
            bool left = found.Count > 0 && last is not null && string.CompareOrdinal(found[^1], last) > 0;
            if (keys.Count == limit)
            {
                bool more = left || marker is not null || position.Prefix.Length > prefix.Length;
                if (more)
                {
                    positions.Remember(prefix, last!, position);
                }

                return new KeyPage(keys, more);
            }

            if (marker is not null)
            {
                position = position with { Marker = marker };
            }
            else if (position.Prefix.Length > prefix.Length)
            {
                // All of this prefix is listed; what comes next has less in common with the start.
                position = new ListPosition(position.Prefix[..Math.Max(prefix.Length, position.Prefix.Length - step)], null);
                step *= 2;
                near = false;
            }
            else
            {
                return new KeyPage(keys, HasMore: false);
            }
        }
    }

    /// <summary>Finds the shortest beginning of <paramref name="after"/>, of the prefix's length or more, that has few keys before <paramref name="after"/>.</summary>
    private async Task<string> FindPrefixAsync(string prefix, string after, CancellationToken cancellationToken)
    {
        // No key that starts with all of the text comes before it.
        int low = prefix.Length;
        int high = after.Length;
        int length = low;
        while (low < high)
        {
            (List<string> keys, string? marker) = await ReadPageAsync(new ListPosition(after[..length], null), SearchPage, cancellationToken).ConfigureAwait(false);
            if (marker is null || (keys.Count > 0 && string.CompareOrdinal(keys[^1], after) > 0))
            {
                high = length;
            }
            else
            {
                low = length + 1;
            }

            length = low + ((high - low) / 2);
        }

        return after[..high];
    }

    private async Task<(List<string> Keys, string? Marker)> ReadPageAsync(ListPosition position, int size, CancellationToken cancellationToken)
    {
        AsyncPageable<BlobItem> blobs = names.Container.GetBlobsAsync(BlobTraits.None, BlobStates.None, names.OfKey(position.Prefix), cancellationToken);
        await foreach (Page<BlobItem> page in blobs.AsPages(position.Marker, size).ConfigureAwait(false))
        {
            var keys = new List<string>(page.Values.Count);
            foreach (BlobItem blob in page.Values)
            {
                string key = names.ToKey(blob.Name);
                if (key.StartsWith(position.Prefix, StringComparison.Ordinal))
                {
                    keys.Add(key);
                }
            }

            return (keys, string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
        }

        return ([], null);
    }
}
