using System.IO.Abstractions;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>How a file gets its final name only if that name is free.</summary>
internal enum ExclusiveMove
{
    /// <summary>One call of the operating system does both.</summary>
    Rename,

    /// <summary>A second (hard) link is made, then the first name is removed.</summary>
    Link,

    /// <summary>The file system has neither: the caller holds the key's lock, as everything that changes the key then does.</summary>
    UnderLock,
}

/// <summary>Opening, moving, removing and flushing files, and what the operating systems do differently there.</summary>
internal sealed class DiskFiles(IFileSystem fileSystem)
{
    // A folder may vanish between its making and the move, when a delete finds it empty. Each round needs another such delete.
    private const int MoveAttempts = 100;

    private enum MoveOutcome
    {
        Moved,
        Occupied,
        FolderMissing,
    }

    public IFileSystem FileSystem { get; } = fileSystem;

    /// <summary>How files get names that must be free. <see cref="StoreProbe"/> finds out what the disk can do.</summary>
    public ExclusiveMove ExclusiveMove { get; set; } = ExclusiveMove.UnderLock;

    /// <summary>What is flushed when. <see cref="StoreProbe"/> finds out whether less will do.</summary>
    public FlushMode FlushMode { get; set; } = FlushMode.Each;

    /// <summary>Opens a file on a real disk, unbuffered.</summary>
    public FileStream Open(string path, FileMode mode, FileAccess access, FileShare share, FileOptions options = FileOptions.None)
    {
        Stream stream = FileSystem.FileStream.Create(path, mode, access, share, bufferSize: 0, options);
        if (stream is FileStream file)
        {
            return file;
        }

        stream.Dispose();
        throw new NotSupportedException("The file system store needs files on a disk; the IFileSystem that it was given opens streams of another kind.");
    }

    /// <summary>
    /// Whether there is a file. The runtime says no to whatever it cannot look at too: a folder that may not be entered, a bad sector, a network that is away. What a store says is not there is
    /// collected, with what it held, so that only the system's word for absence is taken for it.
    /// </summary>
    /// <exception cref="IOException">Nobody can tell.</exception>
    public bool Exists(string path) => FileSystem.File.Exists(path) || (!IsAbsent(path) && FileSystem.File.Exists(path));

    /// <summary>Opens an object for reading, or returns <see langword="null"/> where there is none.</summary>
    public FileStream? OpenForReading(string path, FileOptions options = FileOptions.None)
    {
        // Absence is common, and asking first costs less than an exception. Objects are only ever replaced or removed, so sharing everything is safe.
        if (!Exists(path))
        {
            return null;
        }

        try
        {
            return Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Moves a file to a name in a folder that may be missing.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Its new path.</param>
    /// <param name="exclusively">Whether the name must be free; otherwise what has it is replaced.</param>
    /// <returns>Whether the file was moved. False only where the name had to be free and was not.</returns>
    public bool Move(string from, string to, bool exclusively)
    {
        for (int attempt = 0; ; attempt++)
        {
            switch (exclusively ? TryMoveExclusively(from, to) : TryMove(from, to))
            {
                case MoveOutcome.Moved:
                    return true;
                case MoveOutcome.Occupied:
                    return false;
                default:
                    if (attempt == MoveAttempts || !FileSystem.File.Exists(from))
                    {
                        throw new FileNotFoundException($"'{from}' could not be moved to '{to}': it, or the folder that it should go to, keeps being removed.", from);
                    }

                    MakeFolderOf(to);
                    break;
            }
        }
    }

    /// <summary>Creates a file without bytes, in a folder that may be missing. Its name is not durable before its folder is flushed.</summary>
    /// <returns>False where the name is taken.</returns>
    public bool TryCreateEmpty(string path)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                MakeFolderOf(path);
                using FileStream file = Open(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                if (FlushMode == FlushMode.Each)
                {
                    Sync(file.SafeFileHandle, path);
                }

                return true;
            }
            catch (DirectoryNotFoundException) when (attempt < MoveAttempts)
            {
                // Somebody found the folder empty and removed it.
            }
            catch (IOException) when (FileSystem.File.Exists(path))
            {
                return false;
            }
        }
    }

    /// <summary>Removes a file. One that is not there is no error.</summary>
    public void Delete(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsSharing.Retry(() => DeleteOnWindows(path));
            return;
        }

        if (LibC.Unlink(path) != 0 && Marshal.GetLastPInvokeError() is int error and not (LibC.ENOENT or LibC.ENOTDIR or LibC.EISDIR))
        {
            throw Failure("remove", path, error);
        }
    }

    /// <summary>Removes a folder if it is empty.</summary>
    /// <returns>Whether it was removed.</returns>
    public bool RemoveIfEmpty(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            return LibC.RemoveFolder(folder) == 0;
        }

        try
        {
            if (FileSystem.Directory.EnumerateFileSystemEntries(folder).Any())
            {
                return false;
            }

            FileSystem.Directory.Delete(folder);
            return true;
        }
        catch (IOException)
        {
            // Gone, or no longer empty: there is nothing to tidy then.
            return false;
        }
    }

    /// <summary>Makes a file's bytes durable.</summary>
    public void Flush(SafeFileHandle handle)
    {
        if (FlushMode != FlushMode.None)
        {
            Sync(handle, "a file of the store");
        }
    }

    /// <summary>Makes sure that a file's bytes are on the disk whenever the name is that it is renamed to next.</summary>
    public void FlushBeforeRename(SafeFileHandle handle)
    {
        const uint WaitWriteWait = 7;
        if (FlushMode != FlushMode.Ordered || !OperatingSystem.IsLinux())
        {
            Flush(handle);
        }
        else if (LibC.SyncFileRange(handle, 0, 0, WaitWriteWait) != 0)
        {
            throw Failure("write", "a file of the store", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Makes the names in a folder durable.</summary>
    /// <returns>False where there is no such folder.</returns>
    public static bool SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // NTFS journals names with the file's own flush, and has no flush of a folder for ordinary users.
            return true;
        }

        using SafeFileHandle handle = LibC.OpenFolder(folder);
        if (handle.IsInvalid)
        {
            int error = Marshal.GetLastPInvokeError();
            return error is LibC.ENOENT or LibC.ENOTDIR ? false : throw Failure("open", folder, error);
        }

        Sync(handle, folder);
        return true;
    }

    /// <summary>Tells the kernel to begin writing a range of a file to disk, without waiting. Elsewhere than on Linux the kernel decides alone.</summary>
    public static void BeginWriteBack(SafeFileHandle handle, long offset, long length)
    {
        const uint Write = 2;
        if (OperatingSystem.IsLinux())
        {
            // Only a hint: what goes wrong here shows in the flush.
            _ = LibC.SyncFileRange(handle, offset, length, Write);
        }
    }

    /// <summary>Whether a file could not be opened or removed because somebody has it open and locked.</summary>
    public static bool IsInUse(IOException exception) =>
        OperatingSystem.IsWindows() ? exception.HResult == WindowsSharing.SharingViolation : exception.HResult == LibC.EWOULDBLOCK;

    /// <summary>An exception with the error's number and text, as .NET makes them.</summary>
    public static IOException Failure(string action, string path, int error) =>
        new($"Could not {action} '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);

    private void DeleteOnWindows(string path)
    {
        try
        {
            FileSystem.File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // The folder is gone, and the file with it.
            return;
        }
    }

    private static void Sync(SafeFileHandle handle, string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            // On macOS this is the stronger F_FULLFSYNC.
            RandomAccess.FlushToDisk(handle);
            return;
        }

        // Not .NET's call: it takes EROFS for success, which is what ext4 answers once an error has made it read-only.
        while (LibC.SyncHandle(handle) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == LibC.EINVAL)
            {
                // What file systems answer that have nothing to flush for a folder.
                return;
            }

            if (error != LibC.EINTR)
            {
                throw Failure("flush", path, error);
            }
        }
    }

    private static bool IsAbsent(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return IsAbsentOnWindows(path);
        }

        if (LibC.Access(path, LibC.IsThere) == 0)
        {
            return false;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is LibC.ENOENT or LibC.ENOTDIR || error == LibC.ENAMETOOLONG ? true : throw Failure("look at", path, error);
    }

    [SupportedOSPlatform("windows")]
    private static bool IsAbsentOnWindows(string path)
    {
        int error = 0;
        WindowsSharing.Retry(() =>
        {
            error = Kernel32.GetFileAttributes(path) == Kernel32.InvalidFileAttributes ? Marshal.GetLastPInvokeError() : 0;
            if (error == Kernel32.ErrorAccessDenied)
            {
                throw new UnauthorizedAccessException($"Could not look at '{path}': it may not be looked at, or is being removed at this moment.");
            }
        });
        return error switch
        {
            0 => false,
            Kernel32.ErrorFileNotFound or Kernel32.ErrorPathNotFound or Kernel32.ErrorInvalidName or Kernel32.ErrorNameTooLong => true,
            _ => throw Failure("look at", path, error),
        };
    }

    private void MakeFolderOf(string path)
    {
        string folder = FileSystem.Path.GetDirectoryName(path);
        if (FileSystem.Directory.Exists(folder))
        {
            return;
        }

        try
        {
            FileSystem.Directory.CreateDirectory(folder);
        }
        catch (DirectoryNotFoundException)
        {
            // A folder above was found empty and removed while those below it were made. The next attempt starts again.
        }
    }

    private MoveOutcome TryMove(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            return MoveOnWindows(from, to, overwrite: true);
        }

        return LibC.Rename(from, to) == 0 ? MoveOutcome.Moved : OutcomeOf(Marshal.GetLastPInvokeError(), to);
    }

    // File.Move(overwrite: false) will not do on Unix: it looks whether the target exists and then renames over it.
    private MoveOutcome TryMoveExclusively(string from, string to)
    {
        if (ExclusiveMove == ExclusiveMove.UnderLock)
        {
            return FileSystem.File.Exists(to) ? MoveOutcome.Occupied : TryMove(from, to);
        }

        if (OperatingSystem.IsWindows())
        {
            return MoveOnWindows(from, to, overwrite: false);
        }

        if (ExclusiveMove == ExclusiveMove.Rename)
        {
            int error = LibC.RenameExclusively(from, to);
            return error == 0 ? MoveOutcome.Moved : OutcomeOf(error, to);
        }

        if (LibC.Link(from, to) != 0)
        {
            return OutcomeOf(Marshal.GetLastPInvokeError(), to);
        }

        Delete(from);
        return MoveOutcome.Moved;
    }

    [UnsupportedOSPlatform("windows")]
    private static MoveOutcome OutcomeOf(int error, string path) => error switch
    {
        LibC.ENOENT => MoveOutcome.FolderMissing,
        LibC.EEXIST => MoveOutcome.Occupied,
        _ => throw Failure("write", path, error),
    };

    private MoveOutcome MoveOnWindows(string from, string to, bool overwrite)
    {
        try
        {
            WindowsSharing.Retry(() => FileSystem.File.Move(from, to, overwrite));
            return MoveOutcome.Moved;
        }
        catch (DirectoryNotFoundException)
        {
            return MoveOutcome.FolderMissing;
        }
        catch (IOException e) when (!overwrite && e.HResult is WindowsSharing.FileExists or WindowsSharing.AlreadyExists)
        {
            return MoveOutcome.Occupied;
        }
    }
}
