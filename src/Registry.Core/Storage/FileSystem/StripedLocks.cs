using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>
/// Locks by name that hold between all store instances and processes on a folder: one file per stripe, locked whole. They are held for a read and a rename,
/// never while bytes are flushed, and are taken on the store's own threads only, one at a time, so that they cannot deadlock.
/// </summary>
/// <remarks>
/// On Unix the lock is <c>flock</c>'s, which belongs to the open file: two instances in one process exclude each other, which the locks of <c>fcntl</c> would not, and the kernel
/// drops it when a process dies. The lock files hold nothing and stay for good: removing one would let two processes lock different files of the same name.
/// </remarks>
internal sealed class StripedLocks(DiskFiles files, string folder) : IDisposable
{
    private const int Count = 256;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, Count).Select(static _ => new Stripe())];

    /// <summary>Waits for the lock that a name falls under.</summary>
    public Held Enter(string name)
    {
        int index = IndexOf(name);
        Stripe stripe = _stripes[index];
        stripe.Local.Enter();
        try
        {
            stripe.Handle ??= OpenLockFile(files, files.FileSystem.Path.Combine(folder, index.ToString("x2", null)));
            Lock(stripe.Handle);
            return new Held(stripe);
        }
        catch
        {
            stripe.Local.Exit();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (Stripe stripe in _stripes)
        {
            stripe.Handle?.Dispose();
        }
    }

    /// <summary>Opens a file to lock, creating it if need be.</summary>
    internal static SafeFileHandle OpenLockFile(DiskFiles files, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }

        if (!files.FileSystem.File.Exists(path))
        {
            try
            {
                files.Open(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite).Dispose();
            }
            catch (IOException) when (files.FileSystem.File.Exists(path))
            {
                // Another process was quicker, which is as good.
                return OpenLockFile(files, path);
            }
        }

        // Not as a FileStream: .NET would put a lock of its own on it, or fail while another process has it locked.
        SafeFileHandle handle = LibC.OpenExisting(path);
        if (handle.IsInvalid)
        {
            int error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw DiskFiles.Failure("open", path, error);
        }

        return handle;
    }

    /// <summary>Locks an open file, without waiting.</summary>
    /// <returns>False where another open file of the same name has it locked.</returns>
    internal static bool TryLock(SafeFileHandle handle)
    {
        if (OperatingSystem.IsWindows())
        {
            return LockOnWindows(handle, Kernel32.LockExclusive | Kernel32.LockFailImmediately) switch
            {
                0 => true,
                Kernel32.ErrorLockViolation or Kernel32.ErrorIoPending => false,
                int error => throw DiskFiles.Failure("lock", "a file of the store", error),
            };
        }

        return LockOnUnix(handle, LibC.LockExclusive | LibC.LockNonBlocking);
    }

    private static void Lock(SafeFileHandle handle)
    {
        if (!OperatingSystem.IsWindows())
        {
            LockOnUnix(handle, LibC.LockExclusive);
        }
        else if (LockOnWindows(handle, Kernel32.LockExclusive) is int error and not 0)
        {
            throw DiskFiles.Failure("lock", "a file of the store", error);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static bool LockOnUnix(SafeFileHandle handle, int operation)
    {
        while (LibC.FileLock(handle, operation) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == LibC.EWOULDBLOCK)
            {
                return false;
            }

            if (error != LibC.EINTR)
            {
                throw DiskFiles.Failure("lock", "a file of the store", error);
            }
        }

        return true;
    }

    [SupportedOSPlatform("windows")]
    private static unsafe int LockOnWindows(SafeFileHandle handle, uint flags)
    {
        var range = default(NativeOverlapped);
        return Kernel32.LockFile(handle, flags, 0, 1, 0, &range) ? 0 : Marshal.GetLastPInvokeError();
    }

    private static unsafe void Unlock(SafeFileHandle handle)
    {
        if (OperatingSystem.IsWindows())
        {
            var range = default(NativeOverlapped);
            Kernel32.UnlockFile(handle, 0, 1, 0, &range);
        }
        else
        {
            _ = LibC.FileLock(handle, LibC.LockRelease);
        }
    }

    // The same in every process, so not string.GetHashCode. FNV-1a, folded.
    private static int IndexOf(string name)
    {
        uint hash = 2166136261;
        foreach (char c in name)
        {
            hash = (hash ^ c) * 16777619;
        }

        return (int)((hash ^ (hash >> 8) ^ (hash >> 16) ^ (hash >> 24)) % Count);
    }

    /// <summary>A lock that is held; disposing it, on the same thread, lets go.</summary>
    internal readonly ref struct Held
    {
        private readonly Stripe _stripe;

        internal Held(Stripe stripe) => _stripe = stripe;

        public void Dispose()
        {
            Unlock(_stripe.Handle!);
            _stripe.Local.Exit();
        }
    }

    internal sealed class Stripe
    {
        public Lock Local { get; } = new();

        public SafeFileHandle? Handle { get; set; }
    }
}
