namespace Registry.Storage.FileSystem;

/// <summary>Tells a store that is away from a fault of another kind, and words what an operator can do something about.</summary>
internal sealed class FileFaults(KeyPaths paths)
{
    // Windows wraps its error numbers; Unix numbers come as they are.
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>The exception to throw in place of one that an operation met. It keeps the cause.</summary>
    public Exception Translate(Exception exception) => exception switch
    {
        StoreUnavailableException or UploadBusyException or ObjectTooLargeException or OperationCanceledException => exception,
        UnauthorizedAccessException => new StoreUnavailableException($"The store's folder '{paths.Root}' may not be used: {exception.Message} Give the account that the process runs as full access to it.", exception),
        DirectoryNotFoundException or FileNotFoundException or DriveNotFoundException => Unavailable(exception),
        IOException io when IsDiskFull(io) => new IOException($"The disk of the store's folder '{paths.Root}' is full: {io.Message}", io),
        IOException io when IsUnreachable(io) => Unavailable(exception),
        _ => exception,
    };

    private StoreUnavailableException Unavailable(Exception exception) =>
        new($"The store's folder '{paths.Root}' cannot be reached: {exception.Message} If it is on a volume of its own, see that this is mounted.", exception);

    private static bool IsDiskFull(IOException exception) =>
        OperatingSystem.IsWindows()
            ? exception.HResult is WindowsDiskFull or WindowsHandleDiskFull
            : exception.HResult is 28 || exception.HResult == (OperatingSystem.IsLinux() ? 122 : 69);

    // A full table of open files, a read-only remount, a network file system or a user-space one that went away.
    private static bool IsUnreachable(IOException exception) => exception.HResult switch
    {
        23 or 24 or 30 => !OperatingSystem.IsWindows(),
        107 or 110 or 112 or 116 => OperatingSystem.IsLinux(),
        57 or 60 or 64 or 70 => OperatingSystem.IsMacOS(),
        _ => false,
    };
}
