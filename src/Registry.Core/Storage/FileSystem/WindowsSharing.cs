namespace Registry.Storage.FileSystem;

/// <summary>Sharing violations on Windows, which pass: a reader, an indexer or a virus scanner had the file open for a moment.</summary>
internal static class WindowsSharing
{
    public const int SharingViolation = unchecked((int)0x80070020);
    public const int FileExists = unchecked((int)0x80070050);
    public const int AlreadyExists = unchecked((int)0x800700B7);

    private const int Attempts = 50;

    /// <summary>Does something to a file, again and again for up to half a second while others have it open. Runs on the store's own threads.</summary>
    public static void Retry(Action action)
    {
        using var pause = new ManualResetEventSlim();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                action();
                return;
            }
            catch (Exception e) when (attempt < Attempts && (e is UnauthorizedAccessException || e.HResult == SharingViolation))
            {
                pause.Wait(TimeSpan.FromMilliseconds(10));
            }
        }
    }
}
