using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Registry.Storage.FileSystem;

/// <summary>What .NET does not tell of files on Windows.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsFiles
{
    private const uint Invalid = uint.MaxValue;

    private const int FileNotFound = 2;
    private const int PathNotFound = 3;
    private const int AccessDenied = 5;
    private const int InvalidName = 123;
    private const int NameTooLong = 206;

    /// <summary>Whether there is nothing at a path.</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at, or is being removed at this moment.</exception>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static bool IsAbsent(string path)
    {
        if (GetFileAttributes(path) != Invalid)
        {
            return false;
        }

        int error = Marshal.GetLastPInvokeError();
        return error switch
        {
            FileNotFound or PathNotFound or InvalidName or NameTooLong => true,
            AccessDenied => throw new UnauthorizedAccessException($"Could not look at '{path}': {Marshal.GetPInvokeErrorMessage(error)}"),
            _ => throw new IOException($"Could not look at '{path}': {Marshal.GetPInvokeErrorMessage(error)}", unchecked((int)0x80070000) | error),
        };
    }

    [LibraryImport("kernel32", EntryPoint = "GetFileAttributesW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial uint GetFileAttributes(string path);
}
