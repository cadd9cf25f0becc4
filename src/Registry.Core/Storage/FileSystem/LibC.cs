using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>The few calls of the C library that .NET has no equal of. Each is used behind a check of the operating system.</summary>
[UnsupportedOSPlatform("windows")]
internal static unsafe partial class LibC
{
    // The numbers are the same on Linux and macOS unless the name says otherwise.
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EEXIST = 17;
    public const int EXDEV = 18;
    public const int EINVAL = 22;
    public const int EMLINK = 31;
    public const int EISDIR = 21;
    public const int ENOTDIR = 20;

    /// <summary>What <see cref="Access"/> is asked: whether there is anything.</summary>
    public const int IsThere = 0;

    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;
    public const int LockRelease = 8;

    private const int ReadWithoutWaiting = 8;
    private const int ReadWrite = 2;
    private const int CurrentFolder = -100;
    private const uint RenameNoReplace = 1;
    private const uint RenameExclusive = 4;

    public static int ENAMETOOLONG => OperatingSystem.IsLinux() ? 36 : 63;

    public static int ENOSYS => OperatingSystem.IsLinux() ? 38 : 78;

    public static int EOPNOTSUPP => OperatingSystem.IsLinux() ? 95 : 102;

    public static int EWOULDBLOCK => OperatingSystem.IsLinux() ? 11 : 35;

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>Opens a folder for <see cref="SyncHandle"/>. The handle is invalid where that fails.</summary>
    public static SafeFileHandle OpenFolder(string path) => Open(path, CloseOnExec);

    /// <summary>Opens a file that exists, for reading and writing, without the shared lock that .NET puts on what it opens.</summary>
    public static SafeFileHandle OpenExisting(string path) => Open(path, CloseOnExec | ReadWrite);

    /// <summary>Renames, failing with EEXIST instead of replacing.</summary>
    /// <returns>0, or the error number.</returns>
    public static int RenameExclusively(string from, string to)
    {
        try
        {
            int result = OperatingSystem.IsMacOS()
                ? RenameXNp(from, to, RenameExclusive)
                : RenameAt2(CurrentFolder, from, CurrentFolder, to, RenameNoReplace);
            return result == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        catch (EntryPointNotFoundException)
        {
            // C libraries without the call: older musl, the BSDs.
            return ENOSYS;
        }
    }

    /// <summary>Whether <see cref="ReadCached"/> may work. 32-bit systems pass offsets differently.</summary>
    public static bool CanReadCached => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Reads what the page cache has, without waiting for the disk.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="offset">Where in the file they are.</param>
    /// <param name="isSupported">False where this file or system cannot do it, so that trying again is in vain.</param>
    /// <returns>How many bytes were read; 0 where none are at hand, or the file ends.</returns>
    public static int ReadCached(SafeFileHandle handle, Span<byte> buffer, long offset, out bool isSupported)
    {
        try
        {
            fixed (byte* start = buffer)
            {
                var part = new IoVector { Start = start, Length = (nuint)buffer.Length };
                nint read = PReadV2(handle, &part, 1, offset, ReadWithoutWaiting);
                isSupported = read >= 0 || Marshal.GetLastPInvokeError() == EWOULDBLOCK;
                return (int)Math.Max(read, 0);
            }
        }
        catch (EntryPointNotFoundException)
        {
            isSupported = false;
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string created);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveFolder(string path);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int SyncHandle(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int FileLock(SafeFileHandle handle, int operation);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    public static partial int SyncFileRange(SafeFileHandle handle, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint PReadV2(SafeFileHandle handle, IoVector* parts, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "renamex_np", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameXNp(string from, string to, uint flags);

    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }
}
