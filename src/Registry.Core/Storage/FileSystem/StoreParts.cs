using Microsoft.Extensions.Logging;

namespace Registry.Storage.FileSystem;

/// <summary>What the operations of one store instance share.</summary>
internal sealed class StoreParts(DiskFiles files, KeyPaths paths, SmallFiles smallFiles, StripedLocks locks, KnownFolders knownFolders, UploadFiles uploads, ILogger logger)
{
    public DiskFiles Files { get; } = files;

    public KeyPaths Paths { get; } = paths;

    public SmallFiles SmallFiles { get; } = smallFiles;

    public StripedLocks Locks { get; } = locks;

    public KnownFolders KnownFolders { get; } = knownFolders;

    public UploadFiles Uploads { get; } = uploads;

    /// <summary>Removes a temporary file that is no longer needed. A failure only costs its space until it is old enough to be swept.</summary>
    public void RemoveTemporary(string path)
    {
        try
        {
            Files.Delete(path);
        }
        catch (IOException e)
        {
            FileSystemStoreLog.LeftoverNotRemoved(logger, path, e);
        }
        catch (UnauthorizedAccessException e)
        {
            FileSystemStoreLog.LeftoverNotRemoved(logger, path, e);
        }
    }
}
