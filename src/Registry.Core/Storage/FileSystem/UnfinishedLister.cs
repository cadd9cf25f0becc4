using System.Text;

namespace Registry.Storage.FileSystem;

/// <summary>Lists the uploads that have a file, in the order of their keys.</summary>
/// <remarks>
/// Each page reads the whole folder, which has as many files as uploads are under way, and keeps as much of it as the page has. A file whose object is there is a second name of
/// the object that a crash left, and no unfinished upload.
/// </remarks>
internal sealed class UnfinishedLister(DiskFiles files, SmallFiles smallFiles, KeyPaths paths)
{
    /// <summary>Reads a page. Runs on the store's threads.</summary>
    public UnfinishedPage List(string keyPrefix, Position after, int limit, CancellationToken cancellationToken)
    {
        // One more than asked for tells whether there are more.
        var smallest = new PriorityQueue<Position, Position>(LargestFirst.Instance);
        foreach (string path in files.FileSystem.Directory.EnumerateFiles(paths.Staging))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Find(path) is { } found && found.Key.StartsWith(keyPrefix, StringComparison.Ordinal) && found.CompareTo(after) > 0
                && (smallest.Count <= limit || found.CompareTo(smallest.Peek()) < 0) && !files.Exists(paths.OfKey(found.Key)))
            {
                smallest.Enqueue(found, found);
                if (smallest.Count > limit + 1)
                {
                    smallest.Dequeue();
                }
            }
        }

        bool hasMore = smallest.Count > limit;
        if (hasMore)
        {
            smallest.Dequeue();
        }

        var page = new UnfinishedUpload[smallest.Count];
        Position last = default;
        for (int i = page.Length - 1; i >= 0; i--)
        {
            Position upload = smallest.Dequeue();
            last = i == page.Length - 1 ? upload : last;
            page[i] = new UnfinishedUpload(upload.Key, new FileUploadToken(upload.Id, 0, 0, upload.Key).ToToken());
        }

        return new UnfinishedPage(page, hasMore ? last.ToContinuation() : null);
    }

    private Position? Find(string path)
    {
        if (!StagingNames.TryParse(files.FileSystem.Path.GetFileName(path), out string? id, out string? key))
        {
            return null;
        }

        key ??= smallFiles.Read(path + StagingNames.KeyExtension) is { } file ? Encoding.ASCII.GetString(file.Content.Span) : null;
        return key is not null && ObjectKey.IsValid(key) ? new Position(key, id) : null;
    }

    /// <summary>Where an upload stands in the listing.</summary>
    internal readonly record struct Position(string Key, string Id) : IComparable<Position>
    {
        public static Position Parse(string continuation)
        {
            ReadOnlySpan<char> text = continuation;
            return text.Length > FileUploadToken.IdLength + 1 && FileUploadToken.IsId(text[..FileUploadToken.IdLength]) && text[FileUploadToken.IdLength] == '.'
                && ObjectKey.IsValid(text[(FileUploadToken.IdLength + 1)..])
                ? new Position(continuation[(FileUploadToken.IdLength + 1)..], continuation[..FileUploadToken.IdLength])
                : throw new ArgumentException("The continuation is none that the file system store issued.", nameof(continuation));
        }

        public string ToContinuation() => $"{Id}.{Key}";

        public int CompareTo(Position other) => string.CompareOrdinal(Key, other.Key) is not 0 and int byKey ? byKey : string.CompareOrdinal(Id, other.Id);
    }

    private sealed class LargestFirst : IComparer<Position>
    {
        public static readonly LargestFirst Instance = new();

        public int Compare(Position x, Position y) => y.CompareTo(x);
    }
}
