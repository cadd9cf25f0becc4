using System.IO.Enumeration;

namespace Registry.Storage.FileSystem;

/// <summary>What a name in a folder stands for.</summary>
internal enum FolderEntryKind
{
    /// <summary>An object.</summary>
    Object,

    /// <summary>A folder of keys with one more part.</summary>
    Part,

    /// <summary>A folder of further pieces of a long part.</summary>
    Piece,
}

/// <summary>A name in a folder of the store.</summary>
/// <param name="Text">What its name adds to the key, for a part with the <c>/</c> after it. Sorting by this gives the keys' order.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct FolderEntry(string Text, FolderEntryKind Kind);

/// <summary>Reads the names in a folder, in the order the disk has them, skipping files that are not the store's.</summary>
/// <remarks>It keeps the smallest names from a lower bound on, up to a number, so that a page of a huge folder takes little memory.</remarks>
internal sealed class FolderEntries : FileSystemEnumerator<int>
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly string _from;
    private readonly int _limit;
    private readonly bool _ofPart;
    private readonly PriorityQueue<FolderEntry, string> _smallest = new(LargestFirst.Instance);
    private bool _dropped;

    private FolderEntries(string folder, bool ofPart, string from, int limit)
        : base(folder, Everything)
    {
        _ofPart = ofPart;
        _from = from;
        _limit = limit;
    }

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="ofPart">Whether the folder holds pieces of a long part, among them perhaps an empty rest.</param>
    /// <param name="from">The lower bound; an entry of this text is included.</param>
    /// <param name="limit">How many entries are wanted at most.</param>
    /// <returns>The smallest entries in order, and whether there are more; <see langword="null"/> where there is no such folder.</returns>
    public static (FolderEntry[] Entries, bool HasMore)? Read(string folder, bool ofPart, string from, int limit)
    {
        try
        {
            using var entries = new FolderEntries(folder, ofPart, from, limit);
            while (entries.MoveNext())
            {
            }

            return (entries.InOrder(), entries._dropped);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    protected override bool ShouldIncludeEntry(ref FileSystemEntry entry)
    {
        Span<char> text = stackalloc char[FileNameCodec.ChunkLength + 1];
        if (!FileNameCodec.TryDecode(entry.FileName, text, out int length, out bool continues) || (length == 0 && !_ofPart))
        {
            return false;
        }

        bool isFolder = entry.IsDirectory;
        if (continues && !isFolder)
        {
            return false;
        }

        if (isFolder && !continues)
        {
            text[length++] = '/';
        }

        ReadOnlySpan<char> found = text[..length];
        if (found.SequenceCompareTo(_from) < 0)
        {
            return false;
        }

        if (_smallest.Count == _limit)
        {
            _dropped = true;
            if (found.SequenceCompareTo(_smallest.Peek().Text) >= 0)
            {
                return false;
            }

            _smallest.Dequeue();
        }

        var kept = new FolderEntry(found.ToString(), continues ? FolderEntryKind.Piece : isFolder ? FolderEntryKind.Part : FolderEntryKind.Object);
        _smallest.Enqueue(kept, kept.Text);
        return false;
    }

    protected override int TransformEntry(ref FileSystemEntry entry) => 0;

    private FolderEntry[] InOrder()
    {
        var entries = new FolderEntry[_smallest.Count];
        int first = entries.Length;
        while (_smallest.TryDequeue(out FolderEntry entry, out _))
        {
            // Some file systems show a name twice that is replaced while they are read.
            if (first == entries.Length || entries[first].Text != entry.Text)
            {
                entries[--first] = entry;
            }
        }

        return entries[first..];
    }

    private sealed class LargestFirst : IComparer<string>
    {
        public static readonly LargestFirst Instance = new();

        public int Compare(string? x, string? y) => string.CompareOrdinal(y, x);
    }
}
