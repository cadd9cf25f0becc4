using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>A run of a folder's entries, in order.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="HasMore">Whether the folder has entries after them.</param>
internal readonly record struct FolderWindow(ReadOnlyMemory<FolderEntry> Entries, bool HasMore);

/// <summary>
/// Reads folders, and remembers runs of the large ones for the next page: a disk gives names in no order, so each page would otherwise read all of a folder again.
/// </summary>
/// <remarks>
/// What is remembered holds as long as the folder's time of change is the same. That time is coarse, so a change in the same tick as an earlier one leaves it the same;
/// therefore only what was read well after the last change is remembered, by the disk's own clock. The memory is bounded: at most 8 runs of 16,384 names.
/// </remarks>
internal sealed class FolderWindows(SmallFiles smallFiles, TimeProvider time)
{
    private const int MaxRuns = 8;
    private const int MaxEntries = 16_384;
    private const int MinEntries = 256;

    // FAT counts in steps of two seconds; everything else in finer ones.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly LinkedList<Run> _runs = new();

    /// <summary>Reads entries of a folder, in order.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <param name="ofPart">Whether the folder holds pieces of a long part.</param>
    /// <param name="from">The lower bound, inclusive.</param>
    /// <param name="wanted">How many entries are wanted at most.</param>
    /// <returns><see langword="null"/> where there is no such folder.</returns>
    public FolderWindow? Read(string folder, bool ofPart, string from, int wanted)
    {
        DateTime? changed = ChangeTimeOf(folder);
        if (changed is not { } stamp || time.GetUtcNow().UtcDateTime - stamp < Quiet)
        {
            return FolderEntries.Read(folder, ofPart, from, wanted) is { } page ? new FolderWindow(page.Entries, page.HasMore) : null;
        }

        if (Find(folder, stamp, from) is { } remembered)
        {
            return remembered.From(from, wanted);
        }

        long start = time.GetTimestamp();
        if (FolderEntries.Read(folder, ofPart, from, Math.Max(MaxEntries, wanted)) is not { } read)
        {
            return null;
        }

        var run = new Run(folder, stamp, from, read.Entries, read.HasMore);
        if (read.Entries.Length >= MinEntries && smallFiles.DiskTime() - time.GetElapsedTime(start) - stamp > Quiet)
        {
            Remember(run);
        }

        return run.From(from, wanted);
    }

    // Opened and not just looked at: a network file system asks its server then instead of its cache.
    private static DateTime? ChangeTimeOf(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // Not every file system there keeps the time.
            return null;
        }

        using SafeFileHandle handle = LibC.OpenFolder(folder);
        return handle.IsInvalid ? null : File.GetLastWriteTimeUtc(handle);
    }

    private Run? Find(string folder, DateTime stamp, string from)
    {
        lock (_gate)
        {
            for (LinkedListNode<Run>? node = _runs.First; node is not null;)
            {
                LinkedListNode<Run>? next = node.Next;
                if (node.Value.Folder == folder)
                {
                    if (node.Value.Changed != stamp)
                    {
                        _runs.Remove(node);
                    }
                    else if (node.Value.Covers(from))
                    {
                        _runs.Remove(node);
                        _runs.AddFirst(node);
                        return node.Value;
                    }
                }

                node = next;
            }

            return null;
        }
    }

    private void Remember(Run run)
    {
        lock (_gate)
        {
            if (_runs.Count == MaxRuns)
            {
                _runs.RemoveLast();
            }

            _runs.AddFirst(run);
        }
    }

    private sealed class Run(string folder, DateTime changed, string first, FolderEntry[] entries, bool hasMore)
    {
        public string Folder => folder;

        public DateTime Changed => changed;

        /// <summary>Whether the next entry from a text on is among these, or known not to be.</summary>
        public bool Covers(string from) =>
            string.CompareOrdinal(from, first) >= 0 && (!hasMore || string.CompareOrdinal(from, entries[^1].Text) <= 0);

        public FolderWindow From(string from, int wanted)
        {
            int low = 0;
            for (int high = entries.Length; low < high;)
            {
                int middle = (low + high) / 2;
                if (string.CompareOrdinal(entries[middle].Text, from) < 0)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            int count = Math.Min(wanted, entries.Length - low);
            return new FolderWindow(entries.AsMemory(low, count), hasMore || low + count < entries.Length);
        }
    }
}
