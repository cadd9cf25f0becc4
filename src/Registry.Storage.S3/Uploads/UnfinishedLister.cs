using Amazon.S3.Model;

namespace Registry.Storage.S3.Uploads;

/// <summary>
/// Lists the uploads of which the bucket keeps something: the server's own listing of multipart uploads, and tails, merged by their keys. Both are in the keys' order, but for keys of which
/// one begins with the other.
/// </summary>
internal sealed class UnfinishedLister(S3Bucket bucket, MultipartUploads multipart)
{
    // After all names of tails and tombstones.
    private const string AfterAllNames = "~";

    public async ValueTask<UnfinishedPage> ListAsync(string keyPrefix, UnfinishedPosition start, int limit, CancellationToken cancellationToken)
    {
        Run[] runs = await Task.WhenAll(ReadPartsAsync(keyPrefix, start, limit, cancellationToken), ReadTailsAsync(keyPrefix, start, cancellationToken)).ConfigureAwait(false);
        (Run parts, Run tails) = (runs[0], runs[1]);
        var uploads = new List<UnfinishedUpload>(Math.Min(limit, 64));
        while (uploads.Count < limit && !parts.NeedsMore && !tails.NeedsMore && (parts.Next ?? tails.Next) is not null)
        {
            // Of an upload with both, both are passed at once.
            string key = tails.Next is null || (parts.Next is not null && string.CompareOrdinal(parts.Next, tails.Next) < 0) ? parts.Next! : tails.Next;
            parts.Pass(key);
            tails.Pass(key);
            uploads.Add(new UnfinishedUpload(key, S3UploadToken.Begin(key).ToToken()));
        }

        UnfinishedPosition next = parts.Position with { Tails = tails.Position.Tails };
        return new UnfinishedPage(uploads, next.IsEnd ? null : next.ToContinuation());
    }

    private async Task<Run> ReadPartsAsync(string keyPrefix, UnfinishedPosition start, int limit, CancellationToken cancellationToken)
    {
        if (start.PartsKey == UnfinishedPosition.End)
        {
            return new Run([], start, start, isLast: true);
        }

        ListMultipartUploadsResponse page = await multipart.ListAsync(keyPrefix, NullIfEmpty(start.PartsKey), NullIfEmpty(start.PartsUpload), limit, cancellationToken).ConfigureAwait(false);
        List<MultipartUpload> found = page.MultipartUploads ?? [];
        bool isLast = page.IsTruncated != true || found.Count == 0;
        List<(string Key, UnfinishedPosition After)> entries =
        [
            .. found.Select(upload => (MultipartUploads.KeyOf(upload.Key[bucket.Objects.Length..]), After(upload))).Where(entry => entry.Item1.StartsWith(keyPrefix, StringComparison.Ordinal)),
        ];
        return new Run(entries, start, isLast ? start with { PartsKey = UnfinishedPosition.End, PartsUpload = "" } : After(found[^1]), isLast);

        UnfinishedPosition After(MultipartUpload upload) => start with { PartsKey = upload.Key, PartsUpload = upload.UploadId };
    }

    private async Task<Run> ReadTailsAsync(string keyPrefix, UnfinishedPosition start, CancellationToken cancellationToken)
    {
        if (start.Tails == UnfinishedPosition.End)
        {
            return new Run([], start, start, isLast: true);
        }

        ListObjectsV2Response page = await bucket.ListAsync(bucket.State + keyPrefix, NullIfEmpty(start.Tails), ObjectStoreLimits.MaxPageKeys, continuation: null, cancellationToken).ConfigureAwait(false);
        List<S3Object> found = page.S3Objects ?? [];
        bool isLast = page.IsTruncated != true || found.Count == 0;
        List<(string Key, UnfinishedPosition After)> entries = [];
        foreach (S3Object kept in found)
        {
            // Tombstones stay for a while: an upload of which nothing else is kept is aborted.
            int space = kept.Key.LastIndexOf(' ');
            if (space > bucket.State.Length && S3UploadToken.IsTailName(kept.Key.AsSpan(space + 1)))
            {
                string key = kept.Key[bucket.State.Length..space];
                if (ObjectKey.IsValid(key) && (entries.Count == 0 || entries[^1].Key != key))
                {
                    entries.Add((key, start with { Tails = kept.Key[..(space + 1)] + AfterAllNames }));
                }
            }
        }

        string last = isLast ? UnfinishedPosition.End : found[^1].Key;
        if (!isLast && entries.Count > 0 && last.StartsWith(entries[^1].After.Tails[..^1], StringComparison.Ordinal))
        {
            // The page ends among the names of one upload.
            last = entries[^1].After.Tails;
        }

        return new Run(entries, start, start with { Tails = last }, isLast);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>A page of one of the two listings, and how far it was gone through.</summary>
    /// <param name="entries">The keys, and where to go on after each.</param>
    /// <param name="start">Where the page begins.</param>
    /// <param name="end">Where to go on after the page.</param>
    /// <param name="isLast">Whether nothing comes after it.</param>
    private sealed class Run(List<(string Key, UnfinishedPosition After)> entries, UnfinishedPosition start, UnfinishedPosition end, bool isLast)
    {
        private UnfinishedPosition reached = start;
        private int passed;

        /// <summary>Where to go on.</summary>
        public UnfinishedPosition Position => passed == entries.Count ? end : reached;

        public string? Next => passed < entries.Count ? entries[passed].Key : null;

        /// <summary>Whether it is unknown what comes next.</summary>
        public bool NeedsMore => Next is null && !isLast;

        public void Pass(string key)
        {
            for (; Next == key; passed++)
            {
                reached = entries[passed].After;
            }
        }
    }
}
