using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>Locks that wait, which .NET has no call for.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Kernel32
{
    public const uint LockExclusive = 2;
    public const uint LockFailImmediately = 1;
    public const int ErrorLockViolation = 33;
    public const int ErrorIoPending = 997;

    [LibraryImport("kernel32", EntryPoint = "LockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool LockFile(SafeFileHandle handle, uint flags, uint reserved, uint lengthLow, uint lengthHigh, NativeOverlapped* overlapped);

    [LibraryImport("kernel32", EntryPoint = "UnlockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool UnlockFile(SafeFileHandle handle, uint reserved, uint lengthLow, uint lengthHigh, NativeOverlapped* overlapped);
}
