using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Registry.Content.Refs;
using Registry.Model;
using Registry.Storage;

namespace Registry.Simulation.World;

/// <summary>An object of the simulated store, immutable.</summary>
internal sealed class StoredObject(byte[] bytes, DateTimeOffset lastModified, long upload = 0)
{
    private string? _etag;

    public byte[] Bytes { get; } = bytes;

    public DateTimeOffset LastModified { get; } = lastModified;

    /// <summary>The upload that it was, or 0.</summary>
    public long Upload { get; } = upload;

    /// <summary>A hash of the content: equal contents have equal ETags, as on S3.</summary>
    public string ETag => _etag ??= StableHash.Of(Bytes).ToString("x16", null);
}

/// <summary>Is told of every change of the store's content.</summary>
internal interface IStoreObserver
{
    void Changed(string key, StoredObject? before, StoredObject? after);
}

/// <summary>
/// What the simulated store holds: the semantics of the in-memory store, one thread at a time, without what that one pays for more. A listing may use the freedom that a store has: what came or went since
/// the listing began is in it or not.
/// </summary>
internal sealed class StoreContent
{
    private readonly Dictionary<string, StoredObject> _objects;
    private readonly List<string> _keys;
    private readonly Dictionary<long, Upload> _uploads = [];
    private readonly List<string> _comings = []; // Keys that came or went, in their order.
    private long _lastUpload;

    public StoreContent()
    {
        _objects = new(StringComparer.Ordinal);
        _keys = [];
    }

    private StoreContent(StoreContent other)
    {
        _objects = new(other._objects, StringComparer.Ordinal);
        _keys = [.. other._keys];
        foreach ((long id, Upload upload) in other._uploads)
        {
            _uploads.Add(id, upload.Copy());
        }

        _lastUpload = other._lastUpload;
        Now = other.Now;
    }

    public IStoreObserver? Observer { get; set; }

    /// <summary>The store's clock.</summary>
    public DateTimeOffset Now { get; set; }

    /// <summary>How often a key came or went.</summary>
    public int Version => _comings.Count;

    public IReadOnlyList<string> Keys => _keys;

    /// <summary>How many uploads are neither complete nor aborted.</summary>
    public int OpenUploads => _uploads.Values.Count(static upload => upload.Flushes is not null);

    /// <summary>How often anything was put or removed.</summary>
    public int Changes { get; private set; }

    public StoreContent Copy() => new(this);

    public StoredObject? Find(string key) => _objects.GetValueOrDefault(key);

    public PutResult Put(string key, byte[] bytes, PutCondition condition)
    {
        StoredObject? current = _objects.GetValueOrDefault(key);
        if (condition.RequiresAbsence ? current is not null : condition.RequiredETag is { } required && current?.ETag != required)
        {
            return PutResult.ConditionFailed;
        }

        var stored = new StoredObject(bytes, Now);
        Store(key, current, stored);
        return PutResult.Written(stored.ETag);
    }

    public void Delete(string key)
    {
        if (_objects.Remove(key, out StoredObject? removed))
        {
            _keys.RemoveAt(_keys.BinarySearch(key, StringComparer.Ordinal));
            _comings.Add(key);
            _uploads.Remove(removed.Upload);
            Changes++;
            Observer?.Changed(key, removed, null);
        }
    }

    /// <summary>Removes an object if it has this ETag.</summary>
    public bool Delete(string key, string etag)
    {
        if (_objects.GetValueOrDefault(key)?.ETag != etag)
        {
            return false;
        }

        Delete(key);
        return true;
    }

    /// <summary>Lists a page.</summary>
    /// <param name="prefix">What the keys begin with.</param>
    /// <param name="startAfter">Where the page begins.</param>
    /// <param name="limit">The most keys.</param>
    /// <param name="since">The version at which the listing began.</param>
    /// <param name="freedom">Decides about each key that came or went since; 0 shows what is there.</param>
    public KeyPage List(string prefix, string? startAfter, int limit, int since, uint freedom)
    {
        string first = startAfter is not null && string.CompareOrdinal(startAfter, prefix) > 0 ? startAfter : prefix;
        HashSet<string>? hidden = null;
        List<string>? shown = null;
        for (int i = freedom == 0 ? _comings.Count : since; i < _comings.Count; i++)
        {
            string key = _comings[i];
            if (key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(key, first) > 0 && (StableHash.Of(key, freedom) & 1) == 0)
            {
                if (_objects.ContainsKey(key))
                {
                    (hidden ??= []).Add(key);
                }
                else if (shown?.Contains(key) != true)
                {
                    (shown ??= []).Add(key);
                }
            }
        }

        shown?.Sort(StringComparer.Ordinal);
        var page = new List<string>(Math.Min(limit, 16));
        int at = _keys.BinarySearch(first, StringComparer.Ordinal);
        at = at < 0 ? ~at : at;
        int also = 0;
        while (true)
        {
            string? key = at < _keys.Count && _keys[at].StartsWith(prefix, StringComparison.Ordinal) ? _keys[at] : null;
            if (shown is not null && also < shown.Count && (key is null || string.CompareOrdinal(shown[also], key) < 0))
            {
                key = shown[also++];
            }
            else if (key is null)
            {
                return new KeyPage(page, HasMore: false);
            }
            else
            {
                at++;
                if (hidden?.Contains(key) == true || string.Equals(key, startAfter, StringComparison.Ordinal))
                {
                    continue;
                }
            }

            if (page.Count == limit)
            {
                return new KeyPage(page, HasMore: true);
            }

            page.Add(key);
        }
    }

    public UploadToken BeginUpload(string key)
    {
        long id = ++_lastUpload;
        _uploads.Add(id, new Upload(key, [[]], 0, []));
        return Token(id, 0);
    }

    /// <summary>The bytes that a token stands for, or <see langword="null"/> when the upload is over.</summary>
    public byte[]? Uploaded(UploadToken token)
    {
        (long id, int flush) = Parse(token);
        return FindUpload(id, flush, token)?.Flushes?[flush];
    }

    /// <summary>Makes bytes a further state of an upload.</summary>
    public UploadToken? Flush(UploadToken opened, byte[] bytes)
    {
        (long id, int flush) = Parse(opened);
        if (FindUpload(id, flush, opened)?.Flushes is not { } flushes)
        {
            return null;
        }

        // Nothing more was written: the same bytes, so that whoever completed one of the two completed both.
        flushes.Add(ReferenceEquals(bytes, flushes[flush]) || bytes.Length == flushes[flush].Length ? flushes[flush] : bytes);
        return Token(id, flushes.Count - 1);
    }

    public string? CompleteUpload(UploadToken token)
    {
        (long id, int flush) = Parse(token);
        if (FindUpload(id, flush, token) is not { } upload)
        {
            return null;
        }

        if (upload.Flushes is not { } flushes)
        {
            return upload.CompletedAs.Contains(flush) ? upload.Key : null;
        }

        byte[] bytes = flushes[flush];
        _uploads[id] = new Upload(upload.Key, null, flushes.Count, [.. Enumerable.Range(0, flushes.Count).Where(other => ReferenceEquals(flushes[other], bytes))]);
        Store(upload.Key, _objects.GetValueOrDefault(upload.Key), new StoredObject(bytes, Now, id));
        return upload.Key;
    }

    public void AbortUpload(UploadToken token)
    {
        (long id, int flush) = Parse(token);
        if (FindUpload(id, flush, token) is { Flushes: not null })
        {
            _uploads.Remove(id);
        }
    }

    /// <summary>Lists uploads that are neither complete nor aborted.</summary>
    public UnfinishedPage ListUnfinished(string prefix, string? continuation, int limit)
    {
        // A key and an id, since the upload that a page ended with may be gone by the next.
        string[] after = continuation?.Split(' ') ?? [];
        long afterId = 0;
        if (continuation is not null && (after.Length != 2 || !long.TryParse(after[1], out afterId)))
        {
            throw new ArgumentException("That is no continuation.", nameof(continuation));
        }

        var found = new List<(string Key, long Id)>();
        foreach ((long id, Upload upload) in _uploads)
        {
            if (upload.Flushes is not null && upload.Key.StartsWith(prefix, StringComparison.Ordinal))
            {
                found.Add((upload.Key, id));
            }
        }

        found.Sort(static (left, right) => string.CompareOrdinal(left.Key, right.Key) is not 0 and var order ? order : left.Id.CompareTo(right.Id));
        int start = continuation is null ? 0 : found.FindIndex(upload => string.CompareOrdinal(upload.Key, after[0]) is var order && (order > 0 || (order == 0 && upload.Id > afterId)));
        start = start < 0 ? found.Count : start;
        UnfinishedUpload[] page = [.. found.Skip(start).Take(limit).Select(static upload => new UnfinishedUpload(upload.Key, Token(upload.Id, 0)))];
        return new UnfinishedPage(page, start + page.Length < found.Count ? string.Create(CultureInfo.InvariantCulture, $"{page[^1].Key} {found[start + page.Length - 1].Id}") : null);
    }

    private void Store(string key, StoredObject? before, StoredObject after)
    {
        _objects[key] = after;
        if (before is null)
        {
            _keys.Insert(~_keys.BinarySearch(key, StringComparer.Ordinal), key);
            _comings.Add(key);
        }

        Changes++;
        Observer?.Changed(key, before, after);
    }

    private Upload? FindUpload(long id, int flush, UploadToken token)
    {
        Upload? upload = _uploads.GetValueOrDefault(id);
        return id > _lastUpload || flush >= (upload is null ? int.MaxValue : upload.Flushes?.Count ?? upload.Issued) ? throw Unknown(token) : upload;
    }

    private static UploadToken Token(long id, int flush) => new($"{id}-{flush}");

    private static (long Id, int Flush) Parse(UploadToken token)
    {
        int dash = token.Value?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        return dash > 0 && long.TryParse(token.Value.AsSpan(0, dash), out long id) && int.TryParse(token.Value.AsSpan(dash + 1), out int flush) && id > 0 && flush >= 0
            ? (id, flush)
            : throw Unknown(token);
    }

    private static ArgumentException Unknown(UploadToken token) => new($"'{token.Value}' is no upload token of this store.", nameof(token));

    private sealed class Upload(string key, List<byte[]>? flushes, int issued, int[] completedAs)
    {
        public string Key => key;

        /// <summary>The bytes that each token stands for, or <see langword="null"/> once the upload is complete.</summary>
        public List<byte[]>? Flushes => flushes;

        public int Issued => issued;

        public int[] CompletedAs => completedAs;

        public Upload Copy() => new(key, flushes is null ? null : [.. flushes], issued, completedAs);
    }
}

/// <summary>Hashes that are the same in every process, so that a seed means the same everywhere.</summary>
internal static class StableHash
{
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0x9E3779B97F4A7C15 ^ (ulong)bytes.Length;
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[8..];
        }

        foreach (byte b in bytes)
        {
            hash = Mix(hash ^ b);
        }

        return Mix(hash);
    }

    public static ulong Of(ReadOnlySpan<char> text, uint salt = 0) => Mix(Of(MemoryMarshal.AsBytes(text)) ^ salt);

    /// <summary>Of a key of what processes remember.</summary>
    public static ulong OfKey<TKey>(TKey key) => key switch
    {
        string text => Of(text),
        Digest digest => Of(digest.Value),
        RepositoryName repository => Of(repository.Value),
        ContentPlace place => Of(place.Digest.Value) ^ Of(place.Repository.Value),
        _ => throw new NotSupportedException($"{typeof(TKey)} has no hash that is the same everywhere."),
    };

    private static ulong Mix(ulong value)
    {
        value *= 0xD6E8FEB86659FD93;
        return BitOperations.RotateLeft(value, 29) ^ (value >> 32);
    }
}
