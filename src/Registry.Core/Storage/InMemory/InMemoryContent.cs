using System.Diagnostics.CodeAnalysis;

namespace Registry.Storage.InMemory;

/// <summary>What the instances of one in-memory store share. Every member is atomic.</summary>
internal sealed class InMemoryContent(TimeProvider timeProvider)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, StoredObject> objects = new(StringComparer.Ordinal);
    private readonly SortedSet<string> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Upload> uploads = [];
    private readonly SortedSet<UnfinishedPosition> unfinished = [];
    private long lastUpload;

    public StoredObject? Find(string key)
    {
        lock (gate)
        {
            return objects.GetValueOrDefault(key);
        }
    }

    public PutResult Put(string key, byte[] bytes, PutCondition condition)
    {
        var stored = new StoredObject([bytes], timeProvider.GetUtcNow());
        string etag = stored.ETag;
        lock (gate)
        {
            StoredObject? current = objects.GetValueOrDefault(key);
            if (condition.RequiresAbsence ? current is not null : condition.RequiredETag is { } required && current?.ETag != required)
            {
                return PutResult.ConditionFailed;
            }

            Store(key, stored);
            return PutResult.Written(etag);
        }
    }

    public void Delete(string key)
    {
        lock (gate)
        {
            Remove(key);
        }
    }

    public bool Delete(string key, string etag)
    {
        lock (gate)
        {
            if (objects.GetValueOrDefault(key)?.ETag != etag)
            {
                return false;
            }

            Remove(key);
            return true;
        }
    }

    public KeyPage List(string prefix, string? startAfter, int limit)
    {
        string first = startAfter is not null && string.CompareOrdinal(startAfter, prefix) > 0 ? startAfter : prefix;
        var page = new List<string>(Math.Min(limit, 64));
        lock (gate)
        {
            // The range view finds its first key through the tree; its upper end is greater than every key.
            foreach (string key in keys.GetViewBetween(first, "\u007f"))
            {
                if (string.Equals(key, startAfter, StringComparison.Ordinal))
                {
                    continue;
                }

                if (!key.StartsWith(prefix, StringComparison.Ordinal))
                {
                    break;
                }

                if (page.Count == limit)
                {
                    return new KeyPage(page, HasMore: true);
                }

                page.Add(key);
            }
        }

        return new KeyPage(page, HasMore: false);
    }

    public UploadToken BeginUpload(string key)
    {
        lock (gate)
        {
            long id = ++lastUpload;
            uploads.Add(id, new Upload(key));
            unfinished.Add(new UnfinishedPosition(key, id));
            return new UploadPosition(id, 0).ToToken();
        }
    }

    public bool TryGetUploaded(UploadPosition position, [NotNullWhen(true)] out ChunkChain? chunks)
    {
        lock (gate)
        {
            chunks = FindUpload(position)?.Flushes?[position.Flush];
            return chunks is not null;
        }
    }

    public bool TryIssueToken(long upload, ChunkChain chunks, out UploadToken token)
    {
        lock (gate)
        {
            if (uploads.GetValueOrDefault(upload)?.Flushes is not { } flushes)
            {
                token = default;
                return false;
            }

            flushes.Add(chunks);
            token = new UploadPosition(upload, flushes.Count - 1).ToToken();
            return true;
        }
    }

    public string? CompleteUpload(UploadPosition position)
    {
        lock (gate)
        {
            if (FindUpload(position) is not { } upload)
            {
                return null;
            }

            if (upload.Flushes is not { } flushes)
            {
                return upload.IsCompletedAs(position.Flush) ? upload.Key : null;
            }

            if (objects.ContainsKey(upload.Key))
            {
                throw new InvalidOperationException($"'{upload.Key}' was to be the upload's alone and is there already.");
            }

            Store(upload.Key, new StoredObject(flushes[position.Flush].ToArray(), timeProvider.GetUtcNow()) { Upload = position.Upload });
            upload.Complete(position.Flush);
            unfinished.Remove(new UnfinishedPosition(upload.Key, position.Upload));
            return upload.Key;
        }
    }

    public void AbortUpload(UploadPosition position)
    {
        lock (gate)
        {
            if (FindUpload(position) is { Flushes: not null } upload)
            {
                uploads.Remove(position.Upload);
                unfinished.Remove(new UnfinishedPosition(upload.Key, position.Upload));
            }
        }
    }

    public UnfinishedPage ListUnfinished(string keyPrefix, UnfinishedPosition? after, int limit)
    {
        var first = new UnfinishedPosition(keyPrefix, 0);
        if (after is { } last && last.CompareTo(first) > 0)
        {
            first = last;
        }

        var page = new List<UnfinishedUpload>(Math.Min(limit, 64));
        lock (gate)
        {
            foreach (UnfinishedPosition upload in unfinished.GetViewBetween(first, UnfinishedPosition.End))
            {
                if (upload == after)
                {
                    continue;
                }

                if (!upload.Key.StartsWith(keyPrefix, StringComparison.Ordinal))
                {
                    break;
                }

                if (page.Count == limit)
                {
                    return new UnfinishedPage(page, after?.ToContinuation());
                }

                page.Add(new UnfinishedUpload(upload.Key, new UploadPosition(upload.Upload, 0).ToToken()));
                after = upload;
            }
        }

        return new UnfinishedPage(page, Continuation: null);
    }

    private Upload? FindUpload(UploadPosition position)
    {
        Upload? upload = uploads.GetValueOrDefault(position.Upload);
        return position.Upload > lastUpload || position.Flush >= upload?.TokenCount
            ? throw UploadPosition.Unknown(position.ToToken())
            : upload;
    }

    private void Remove(string key)
    {
        if (objects.Remove(key, out StoredObject? removed))
        {
            keys.Remove(key);
            uploads.Remove(removed.Upload);
        }
    }

    private void Store(string key, StoredObject stored)
    {
        if (keys.Add(key) && FindNested(key) is { } nested)
        {
            keys.Remove(key);
            throw new InvalidOperationException($"'{key}' and '{nested}' cannot both be keys: one is a folder of the other.");
        }

        objects[key] = stored;
    }

    private string? FindNested(string key)
    {
        // '0' is the character after '/', so the view holds exactly the keys that have this one as a folder.
        if (keys.GetViewBetween(key + "/", key + "0").Min is { } inside && inside.Length > key.Length + 1)
        {
            return inside;
        }

        Dictionary<string, StoredObject>.AlternateLookup<ReadOnlySpan<char>> folders = objects.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int slash = key.IndexOf('/'); slash >= 0; slash = key.IndexOf('/', slash + 1))
        {
            if (folders.TryGetValue(key.AsSpan(0, slash), out string? folder, out _))
            {
                return folder;
            }
        }

        return null;
    }

    private sealed class Upload(string key)
    {
        private int[] completedAs = [];
        private int issued;

        public string Key { get; } = key;

        /// <summary>The bytes that each token stands for, or null once the upload is complete.</summary>
        public List<ChunkChain>? Flushes { get; private set; } = [ChunkChain.Empty];

        public int TokenCount => Flushes?.Count ?? issued;

        public bool IsCompletedAs(int flush) => completedAs.Contains(flush);

        public void Complete(int flush)
        {
            ChunkChain chosen = Flushes![flush];
            completedAs = [.. Enumerable.Range(0, Flushes.Count).Where(other => Flushes[other] == chosen)];
            issued = Flushes.Count;
            Flushes = null;
        }
    }
}
