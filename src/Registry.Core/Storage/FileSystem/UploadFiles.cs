using System.Text;

namespace Registry.Storage.FileSystem;

/// <summary>The files of uploads that are not complete, one each under <c>staging</c>. Everything here runs on the store's threads.</summary>
/// <remarks>
/// <para>Whoever appends has the file open and locked, and everybody else is turned away. Opening, completing and aborting take place under the lock of the upload's id, so that
/// the file at an upload's path, found there under the lock, is the one that was opened: it cannot have been renamed or replaced between.</para>
/// <para>Where the object is there, the upload's own name is at most a second one of the same file, which a crash left where names are given by linking; so it may go.</para>
/// <para>An upload's file says by its name which key it is for (<see cref="StagingNames"/>), so that it can be found and aborted when nobody has a token of it.</para>
/// <para>Beginning an upload leaves no trace on disk. So a token of no bytes whose file is missing means "not begun", unless the object is there (completed)
/// or an empty file beside it that ends with <c>.gone</c> is (aborted). Those files are swept after a day; whoever then still comes with the first token of an aborted upload gets an empty upload, which does no
/// harm: nothing refers to it.</para>
/// </remarks>
internal sealed class UploadFiles(DiskFiles files, SmallFiles smallFiles, KeyPaths paths, StripedLocks locks)
{
    /// <summary>How the file ends that remembers an aborted upload.</summary>
    public const string TombstoneExtension = ".gone";

    /// <summary>How the file ends that remembers the cuts of an upload.</summary>
    public const string CutsExtension = ".cuts";

    /// <summary>Opens an upload for appending at its token's offset.</summary>
    /// <returns><see langword="null"/> where the upload is complete or aborted, or the token's bytes were dropped.</returns>
    /// <exception cref="UploadBusyException">Somebody has it open.</exception>
    public UploadFile? Open(FileUploadToken token)
    {
        using (locks.Enter(token.Id))
        {
            return files.Exists(paths.OfKey(token.Key)) ? null : OpenUnderLock(token);
        }
    }

    /// <summary>Gives the file that an appender has open the name of its object. It is flushed before, and closed by this.</summary>
    /// <returns>Whether there was a file to name: not where the upload was aborted.</returns>
    public bool Complete(UploadFile file)
    {
        using (locks.Enter(file.Token.Id))
        {
            return CompleteUnderLock(file);
        }
    }

    /// <summary>Makes the bytes of a token an object.</summary>
    /// <returns>Whether they are one now, or were before.</returns>
    /// <exception cref="UploadBusyException">An appender has the upload open.</exception>
    public bool Complete(FileUploadToken token)
    {
        // All under the lock, so that several who complete one upload at a time wait for each other instead of finding it busy.
        using (locks.Enter(token.Id))
        {
            string objectPath = paths.OfKey(token.Key);
            if (files.Exists(objectPath))
            {
                DeleteFile(token);
                UploadCuts known = CutsOf(token);
                return LengthOf(objectPath) == token.Offset && (known.IsEmpty || known.Allow(token));
            }

            UploadFile? file = OpenUnderLock(token);
            if (file is null)
            {
                return false;
            }

            try
            {
                file.DropLaterBytes();
                file.FlushBeforeRename();
                return CompleteUnderLock(file);
            }
            finally
            {
                file.Close();
            }
        }
    }

    /// <summary>Removes an upload's file and remembers that it was aborted.</summary>
    public void Abort(FileUploadToken token)
    {
        using (locks.Enter(token.Id))
        {
            if (files.Exists(paths.OfKey(token.Key)))
            {
                DeleteFile(token);
                return;
            }

            string path = PathOf(token);
            string tombstone = path + TombstoneExtension;
            if (!files.Exists(tombstone))
            {
                files.Open(tombstone, FileMode.CreateNew, FileAccess.Write, FileShare.None).Dispose();
            }

            try
            {
                DeleteFile(token);
                files.Delete(path + CutsExtension);
            }
            catch (IOException e) when (DiskFiles.IsInUse(e))
            {
                // Windows removes no file that somebody has open like this.
                throw new UploadBusyException("The upload is being appended to elsewhere.", e);
            }
        }
    }

    /// <summary>Records that an upload's file is about to be cut.</summary>
    internal void Record(UploadCuts cuts, FileUploadToken token)
    {
        Replace(PathOf(token) + CutsExtension, cuts.ToBytes());
        SyncStaging();
    }

    /// <summary>Makes the names of uploads durable.</summary>
    internal void SyncStaging()
    {
        if (files.FlushMode != FlushMode.None && !DiskFiles.SyncFolder(paths.Staging))
        {
            throw new DirectoryNotFoundException($"'{paths.Staging}' is gone.");
        }
    }

    private UploadFile? OpenUnderLock(FileUploadToken token)
    {
        string path = PathOf(token);
        bool exists = files.Exists(path);
        if (!exists && (token.Offset > 0 || files.Exists(path + TombstoneExtension)))
        {
            return null;
        }

        UploadCuts cuts = CutsOf(token);
        if (!cuts.Allow(token))
        {
            return null;
        }

        if (!exists && !StagingNames.SayTheKey(token))
        {
            // First, so that there is no moment in which nothing says whose the file is.
            Replace(path + StagingNames.KeyExtension, Encoding.ASCII.GetBytes(token.Key));
        }

        FileStream stream = OpenLocked(path);
        try
        {
            long length = RandomAccess.GetLength(stream.SafeFileHandle);
            if (length < token.Offset)
            {
                throw new IOException(
                    $"The file of an upload to '{token.Key}' has lost bytes: {token.Offset} were acknowledged and {length} are there. The disk, or somebody, dropped them; the upload has to start over.");
            }

            return new UploadFile(this, files, token, cuts, path, stream, length, unflushed: !exists);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private bool CompleteUnderLock(UploadFile file)
    {
        // A lock still on it would turn away readers of the object.
        file.Close();
        if (!files.Exists(file.Path))
        {
            return false;
        }

        if (!files.Move(file.Path, paths.OfKey(file.Token.Key), exclusively: true))
        {
            throw new IOException($"The upload cannot be completed: there is another object under its key '{file.Token.Key}'.");
        }

        if (!StagingNames.SayTheKey(file.Token))
        {
            files.Delete(file.Path + StagingNames.KeyExtension);
        }

        return true;
    }

    private void DeleteFile(FileUploadToken token)
    {
        string path = PathOf(token);
        files.Delete(path);
        if (!StagingNames.SayTheKey(token))
        {
            files.Delete(path + StagingNames.KeyExtension);
        }
    }

    private void Replace(string path, ReadOnlySpan<byte> content)
    {
        using FileStream file = smallFiles.CreateTemporary(content, out string temporary);
        files.Flush(file.SafeFileHandle);
        file.Dispose();
        files.Move(temporary, path, exclusively: false);
    }

    private FileStream OpenLocked(string path)
    {
        FileStream stream;
        try
        {
            stream = files.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (DiskFiles.IsInUse(e))
        {
            throw new UploadBusyException("The upload is being appended to elsewhere.", e);
        }

        // FileShare.None is this very lock on Unix, unless the process has .NET's file locking switched off.
        if (!OperatingSystem.IsWindows() && !StripedLocks.TryLock(stream.SafeFileHandle))
        {
            stream.Dispose();
            throw new UploadBusyException();
        }

        return stream;
    }

    private UploadCuts CutsOf(FileUploadToken token) => UploadCuts.Read(smallFiles, PathOf(token) + CutsExtension);

    private long LengthOf(string path)
    {
        using FileStream? file = files.OpenForReading(path);
        return file is null ? -1 : RandomAccess.GetLength(file.SafeFileHandle);
    }

    private string PathOf(FileUploadToken token) => files.FileSystem.Path.Combine(paths.Staging, StagingNames.Of(token));
}
