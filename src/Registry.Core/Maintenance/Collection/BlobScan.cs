using Registry.Content;
using Registry.Model;

namespace Registry.Maintenance.Collection;

/// <summary>Looks at the blobs of a part: the listings of records and of refs are in the same order and are read side by side. A blob that something holds costs no look at its record.</summary>
internal sealed class BlobScan(CollectionRun run, OwnerJudge judge, BlobCollector collector)
{
    // How many blobs without a holder are gathered before they are looked at, several at a time.
    private const int Batch = 64;

    private readonly List<Digest> _candidates = [];
    private readonly List<string> _ended = [];
    private OwnerVerdict[] _verdicts = [];

    /// <summary>Goes through a part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="position">Where an earlier run stopped.</param>
    /// <param name="progress">Told how far this one is; says whether to go on.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    /// <returns>Whether it came to the end.</returns>
    public async ValueTask<bool> RunAsync(ScanPart part, string position, Func<string, ValueTask<bool>> progress, CancellationToken cancellationToken)
    {
        string? end = part.End;
        string start = position.Length > 0 ? position : part.Start;
        var blobs = new KeyStream(run, ContentKeys.BlobsPrefix, start.Length == 0 ? null : ContentKeys.BlobsPrefix + start, end is null ? null : ContentKeys.BlobsPrefix + end);

        // Past all refs of a digest that was looked at; a part's own start is no digest.
        string? afterRefs = start.Length == 0 ? null : position.Length > 0 ? $"{ContentKeys.RefsPrefix}{start}/~" : ContentKeys.RefsPrefix + start;
        var refs = new KeyStream(run, ContentKeys.RefsPrefix, afterRefs, end is null ? null : ContentKeys.RefsPrefix + end, JudgeAsync);
        await blobs.MoveNextAsync(cancellationToken).ConfigureAwait(false);
        await refs.MoveNextAsync(cancellationToken).ConfigureAwait(false);
        long blobCount = 0;
        while (blobs.Current is not null || refs.Current is not null)
        {
            string content = Next(blobs.Current, refs.Current);
            bool isBlob = IsOf(blobs.Current, ContentKeys.BlobsPrefix, content);
            bool held = false;
            if (isBlob)
            {
                blobCount++;
                await blobs.MoveNextAsync(cancellationToken).ConfigureAwait(false);
            }

            while (IsOf(refs.Current, ContentKeys.RefsPrefix, content))
            {
                held |= _verdicts[refs.Index] != OwnerVerdict.Ended;
                await refs.MoveNextAsync(cancellationToken).ConfigureAwait(false);
            }

            if (isBlob && !held && ContentKeys.TryParseContent(ContentKeys.BlobsPrefix + content, out Digest digest))
            {
                _candidates.Add(digest);
            }

            if (_candidates.Count >= Batch || blobCount >= Storage.ObjectStoreLimits.MaxPageKeys)
            {
                await ExamineAsync(blobCount, cancellationToken).ConfigureAwait(false);
                blobCount = 0;
                if (!await progress(content).ConfigureAwait(false))
                {
                    return false;
                }
            }
        }

        await ExamineAsync(blobCount, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async ValueTask JudgeAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        _verdicts = await judge.JudgeAsync(keys, exactly: false, cancellationToken).ConfigureAwait(false);
        _ended.Clear();
        for (int i = 0; i < keys.Count; i++)
        {
            if (_verdicts[i] == OwnerVerdict.Ended)
            {
                _ended.Add(keys[i]);
            }
        }

        // Of what was judged ended, each manifest was read just now, or the lease's own key tells.
        await run.ForEachAsync(_ended, collector.RemoveRefAsync, cancellationToken).ConfigureAwait(false);
        run.Count(new CollectionCounts { Refs = keys.Count });
    }

    private async ValueTask ExamineAsync(long blobs, CancellationToken cancellationToken)
    {
        await run.ForEachAsync(_candidates, async (digest, token) => await collector.ExamineAsync(digest, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        _candidates.Clear();
        run.Count(new CollectionCounts { Blobs = blobs });
    }

    private static string Next(string? blob, string? reference)
    {
        ReadOnlySpan<char> first = blob is null ? default : blob.AsSpan(ContentKeys.BlobsPrefix.Length);
        ReadOnlySpan<char> second = default;
        if (reference is not null)
        {
            // refs/{alg}/{xx}/{hex}/…
            int end = ContentKeys.RefsPrefix.Length;
            for (int slashes = 0; end < reference.Length && (reference[end] != '/' || ++slashes < 3); end++)
            {
            }

            second = reference.AsSpan(ContentKeys.RefsPrefix.Length, end - ContentKeys.RefsPrefix.Length);
        }

        return reference is null || (blob is not null && first.SequenceCompareTo(second) <= 0) ? first.ToString() : second.ToString();
    }

    private static bool IsOf(string? key, string prefix, string content) =>
        key is not null
        && key.AsSpan(prefix.Length).StartsWith(content, StringComparison.Ordinal)
        && (key.Length == prefix.Length + content.Length || key[prefix.Length + content.Length] == '/');
}
