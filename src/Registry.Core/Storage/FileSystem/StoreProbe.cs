using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>What is done before the first operation: the folders are made, and it is tried out that the disk keeps what the store promises.</summary>
internal sealed class StoreProbe(DiskFiles files, bool mayRelyOnOrder, KeyPaths paths, string instance, TimeProvider time, ILogger logger)
{
    private const string Format = "1\n";

    /// <summary>How old leftovers get: no put takes this long, and nobody resumes an upload that was aborted before.</summary>
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    /// <summary>Makes the folders and tries the disk. Runs on the store's threads.</summary>
    public void Run()
    {
        foreach (string folder in (string[])[paths.Root, paths.Objects, paths.Staging, paths.Temporary, paths.Locks])
        {
            files.FileSystem.Directory.CreateDirectory(folder);
        }

        // A leading dot: no key is spelled so.
        string probe = $".probe-{instance}";
        string[] made =
        [
            Combine(paths.Temporary, probe + "-1"), Combine(paths.Temporary, probe + "-2"), Combine(paths.Staging, probe),
            Combine(paths.Objects, probe), Combine(paths.Locks, probe),
        ];
        try
        {
            CheckFormat(made[0]);
            ProbeMoves(made[0], made[1], made[2], made[3]);
            ProbeLocks(made[4]);
        }
        finally
        {
            foreach (string path in made)
            {
                files.Delete(path);
            }
        }

        if (files.FlushMode != FlushMode.None)
        {
            bool ordered = mayRelyOnOrder && JournalDetection.KeepsOrder(files.FileSystem, paths.Objects);
            files.FlushMode = ordered ? FlushMode.Ordered : FlushMode.Each;
        }

        foreach (string folder in (string[])[paths.Objects, paths.Root, paths.ParentOf(paths.Root)])
        {
            DiskFiles.SyncFolder(folder);
        }

        FileSystemStoreLog.Ready(logger, paths.Root, files.ExclusiveMove, files.FlushMode);
    }

    /// <summary>Removes what crashes left behind. Failures are logged: nothing depends on it.</summary>
    public void SweepLeftovers()
    {
        Sweep(paths.Temporary, "*");
        Sweep(paths.Staging, "*" + UploadFiles.TombstoneExtension);
        Sweep(paths.Staging, "*" + UploadFiles.CutsExtension, beside: UploadFiles.CutsExtension);
        Sweep(paths.Staging, "*" + StagingNames.KeyExtension, beside: StagingNames.KeyExtension);
    }

    private void CheckFormat(string temporary)
    {
        string path = Combine(paths.Root, "format");
        if (!files.FileSystem.File.Exists(path))
        {
            files.FileSystem.File.WriteAllText(temporary, Format);
            files.Move(temporary, path, exclusively: false);
        }

        string found = files.FileSystem.File.ReadAllText(path);
        if (found != Format)
        {
            throw new InvalidOperationException(
                $"The folder '{paths.Root}' was written by another version of the store: its file 'format' says '{found.Trim()}', and this version reads '{Format.Trim()}'.");
        }
    }

    private void ProbeMoves(string first, string second, string staged, string target)
    {
        foreach (ExclusiveMove mode in (ExclusiveMove[])[ExclusiveMove.Rename, ExclusiveMove.Link])
        {
            files.ExclusiveMove = mode;
            Write(first);
            Write(second);
            try
            {
                if (files.Move(first, target, exclusively: true) && !files.Move(second, target, exclusively: true))
                {
                    break;
                }
            }
            catch (IOException e) when (!OperatingSystem.IsWindows() && IsUnsupported(e))
            {
                // The next mode may do.
            }

            files.Delete(target);
            files.ExclusiveMove = ExclusiveMove.UnderLock;
        }

        Write(second);
        Write(staged);
        try
        {
            files.Move(second, target, exclusively: false);
            files.Move(staged, target, exclusively: false);
        }
        catch (IOException e) when (!OperatingSystem.IsWindows() && e.HResult == LibC.EXDEV)
        {
            throw new InvalidOperationException($"The folders in '{paths.Root}' have to be on one volume: files are renamed from one to another.", e);
        }
    }

    private void ProbeLocks(string path)
    {
        using SafeFileHandle first = StripedLocks.OpenLockFile(files, path);
        using SafeFileHandle second = StripedLocks.OpenLockFile(files, path);
        if (!StripedLocks.TryLock(first) || StripedLocks.TryLock(second))
        {
            throw new InvalidOperationException(
                $"File locks do not exclude each other in '{paths.Locks}', so that two writers could overwrite each other's changes. Use a local disk, or mount the network file system with locking.");
        }
    }

    // What lies beside an upload's file is left over when that is gone.
    private void Sweep(string folder, string pattern, string? beside = null)
    {
        try
        {
            DateTime before = (time.GetUtcNow() - LeftoverAge).UtcDateTime;
            int count = 0;
            foreach (string path in files.FileSystem.Directory.EnumerateFiles(folder, pattern))
            {
                bool inUse = beside is not null && files.FileSystem.File.Exists(path[..^beside.Length]);
                if (!inUse && files.FileSystem.File.GetLastWriteTimeUtc(path) < before)
                {
                    files.Delete(path);
                    count++;
                }
            }

            if (count > 0)
            {
                FileSystemStoreLog.LeftoversRemoved(logger, count, LeftoverAge, folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            FileSystemStoreLog.SweepFailed(logger, folder, e);
        }
    }

    private void Write(string path) => files.Open(path, FileMode.Create, FileAccess.Write, FileShare.None).Dispose();

    private string Combine(string folder, string name) => files.FileSystem.Path.Combine(folder, name);

    [UnsupportedOSPlatform("windows")]
    private static bool IsUnsupported(IOException exception) =>
        exception.HResult is LibC.EINVAL or LibC.EPERM or LibC.EMLINK || exception.HResult == LibC.ENOSYS || exception.HResult == LibC.EOPNOTSUPP;
}
