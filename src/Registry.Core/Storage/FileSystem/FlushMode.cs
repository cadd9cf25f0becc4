using System.IO.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>What has to be flushed, and when, for a file to be durable and never half there after a crash.</summary>
internal enum FlushMode
{
    /// <summary>Nothing: the operating system does it when it likes.</summary>
    None,

    /// <summary>
    /// The file system writes changes to its disk in the order in which they were made. So it is enough to write the bytes out before the rename, without a flush of their own, and then
    /// to flush one thing: the folder that changed last. Everything before it, of however many files, is durable then too.
    /// </summary>
    Ordered,

    /// <summary>Each file before its rename, and each folder after it.</summary>
    Each,
}

/// <summary>Finds out whether a folder is on a file system that keeps the order of changes.</summary>
/// <remarks>
/// That is XFS and ext4 with a journal: both put every change of names, sizes and extents into one log, and flushing any of them flushes all before it. What a file holds is not in
/// the log, but <c>sync_file_range</c> with both waits returns when the bytes are on the device and their extents and the file's size are in the log, so before the rename.
/// The flush of the folder empties the device's cache. Git's <c>core.fsyncMethod=batch</c> rests on the same. Other file systems (btrfs adds extents later; ext4 without a journal has no order) get
/// <see cref="FlushMode.Each"/>.
/// </remarks>
internal static class JournalDetection
{
    /// <summary>Whether changes below a folder reach the disk in order. False when in doubt.</summary>
    public static bool KeepsOrder(IFileSystem fileSystem, string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            using SafeFileHandle handle = LibC.OpenFolder(folder);
            return !handle.IsInvalid && MountOf(fileSystem, handle) is { } mount && mount.Type switch
            {
                "ext4" => HasJournal(fileSystem, mount.Device),
                "xfs" => !mount.Options.Contains("logdev=", StringComparison.Ordinal) && !mount.Options.Contains("rtdev=", StringComparison.Ordinal),
                _ => false,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc or /sys nothing is known.
            return false;
        }
    }

    // The mount is found by an open file and not by paths, which symbolic links and bind mounts would lead astray.
    private static (string Device, string Type, string Options)? MountOf(IFileSystem fileSystem, SafeFileHandle handle)
    {
        const string IdField = "mnt_id:";
        string? id = fileSystem.File.ReadLines($"/proc/self/fdinfo/{handle.DangerousGetHandle()}")
            .FirstOrDefault(static line => line.StartsWith(IdField, StringComparison.Ordinal))?[IdField.Length..].Trim();
        foreach (string line in fileSystem.File.ReadLines("/proc/self/mountinfo"))
        {
            // "27 1 254:0 / /srv rw,relatime shared:1 - ext4 /dev/vda rw": any number of fields before the dash.
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (fields[0] == id && dash >= 6 && fields.Length >= dash + 4)
            {
                return (fields[2], fields[dash + 1], fields[dash + 3]);
            }
        }

        return null;
    }

    private static bool HasJournal(IFileSystem fileSystem, string device)
    {
        const string NameField = "DEVNAME=";
        string? name = fileSystem.File.ReadLines($"/sys/dev/block/{device}/uevent")
            .FirstOrDefault(static line => line.StartsWith(NameField, StringComparison.Ordinal))?[NameField.Length..];
        return name is not null
            && int.TryParse(fileSystem.File.ReadAllText($"/sys/fs/ext4/{name}/journal_task").Trim(), out int task) && task > 0;
    }
}
