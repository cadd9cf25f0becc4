using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>The files of uploads that are not complete, one each under <c>staging</c>.</summary>
/// <remarks>
/// <para>Whoever appends has the file open and locked, and everybody else is turned away. Opening, completing and aborting take place under the lock of the upload's id, so that
/// the file at an upload's path, found there under the lock, is the one that was opened: it cannot have been renamed or replaced between.</para>
/// <para>Beginning an upload leaves no trace on disk. So a token of no bytes whose file is missing means "not begun" unless the object is there (completed)
/// or an empty file <c>{id}.gone</c> is (aborted). Those files are swept after a day; whoever then still comes with the first token of an aborted upload gets an empty upload, which does no
/// harm: nothing refers to it.</para>
/// </remarks>
internal sealed class UploadFiles(DiskFiles files, KeyPaths paths, StripedLocks locks)
{
    /// <summary>Opens an upload for appending at its token's offset, dropping what lies beyond. Runs on the store's threads.</summary>
    /// <returns><see langword="null"/> where the upload is complete or aborted.</returns>
    /// <exception cref="UploadBusyException">Somebody has it open.</exception>
    public UploadFile? Open(FileUploadToken token)
    {
        string path = PathOf(token);
        using (locks.Enter(token.Id))
        {
            if (IsComplete(token))
            {
                return null;
            }

            bool exists = files.FileSystem.File.Exists(path);
            if (!exists && (token.Offset > 0 || files.FileSystem.File.Exists(TombstoneOf(token))))
            {
                return null;
            }

            FileStream stream = OpenLocked(path);
            try
            {
                bool cut = CutTo(stream.SafeFileHandle, token);
                return new UploadFile(token, path, stream, created: !exists, unflushed: cut || !exists);
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
    }

    /// <summary>Gives an upload's file the name of its object. The file is flushed before, and is closed by this.</summary>
    /// <returns>Whether there was a file to name: not where the upload was aborted.</returns>
    public bool Complete(UploadFile file, string objectPath)
    {
        using (locks.Enter(file.Token.Id))
        {
            // A lock still on it would turn away readers of the object.
            file.Close();
            if (!files.FileSystem.File.Exists(file.Path))
            {
                return false;
            }

            if (!files.Move(file.Path, objectPath, exclusively: true))
            {
                throw new IOException($"The upload cannot be completed: there is another object under its key '{file.Token.Key}'.");
            }

            return true;
        }
    }

    /// <summary>Whether the upload's object is there.</summary>
    public bool IsComplete(FileUploadToken token) => files.FileSystem.File.Exists(paths.OfKey(token.Key));

    /// <summary>Removes an upload's file and remembers that it was aborted.</summary>
    public void Abort(FileUploadToken token)
    {
        using (locks.Enter(token.Id))
        {
            if (!IsComplete(token))
            {
                string tombstone = TombstoneOf(token);
                if (!files.FileSystem.File.Exists(tombstone))
                {
                    files.Open(tombstone, FileMode.CreateNew, FileAccess.Write, FileShare.None).Dispose();
                }

                files.Delete(PathOf(token));
            }
        }
    }

    /// <summary>Closes a file, and removes it where no token was issued for what it holds.</summary>
    public void Drop(UploadFile file)
    {
        using (locks.Enter(file.Token.Id))
        {
            file.Close();
            files.Delete(file.Path);
        }
    }

    private string PathOf(FileUploadToken token) => files.FileSystem.Path.Combine(paths.Staging, token.Id);

    private string TombstoneOf(FileUploadToken token) => PathOf(token) + StoreProbe.TombstoneExtension;

    private FileStream OpenLocked(string path)
    {
        FileStream stream;
        try
        {
            stream = files.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsBusy(e))
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

    private static bool IsBusy(IOException exception) =>
        OperatingSystem.IsWindows() ? exception.HResult == WindowsSharing.SharingViolation : exception.HResult == LibC.EWOULDBLOCK;

    private static bool CutTo(SafeFileHandle handle, FileUploadToken token)
    {
        long length = RandomAccess.GetLength(handle);
        if (length < token.Offset)
        {
            throw new IOException($"The upload's file has lost bytes: {token.Offset} were acknowledged and {length} are there. The disk, or somebody, dropped them; the upload has to start over.");
        }

        if (length == token.Offset)
        {
            return false;
        }

        RandomAccess.SetLength(handle, token.Offset);
        return true;
    }
}

/// <summary>An upload's file, open and locked.</summary>
internal sealed class UploadFile(FileUploadToken token, string path, FileStream stream, bool created, bool unflushed)
{
    // Long uploads are written to disk as they come: a flush at the end would otherwise have to wait for all of it at once.
    private const long WriteBackBytes = 8 * 1024 * 1024;

    private long _writeBackFrom = token.Offset;
    private bool _unflushed = unflushed;
    private bool _nameUnflushed = token.Offset == 0;

    public FileUploadToken Token { get; private set; } = token;

    public string Path { get; } = path;

    public long Length { get; private set; } = token.Offset;

    /// <summary>Whether this appender made the file, and no token was issued for it yet.</summary>
    public bool IsUnknownToAnybody { get; private set; } = created;

    /// <summary>How many bytes may be in memory only.</summary>
    public long UnflushedBytes => _unflushed ? Length - Token.Offset : 0;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _unflushed = true;
        RandomAccess.Write(stream.SafeFileHandle, bytes, Length);
        Length += bytes.Length;
        if (Length - _writeBackFrom >= WriteBackBytes)
        {
            DiskFiles.BeginWriteBack(stream.SafeFileHandle, _writeBackFrom, Length - _writeBackFrom);
            _writeBackFrom = Length;
        }
    }

    /// <summary>Makes what was written durable.</summary>
    public void Flush()
    {
        if (_unflushed)
        {
            RandomAccess.FlushToDisk(stream.SafeFileHandle);
            _unflushed = false;
        }
    }

    /// <summary>Makes the file's name durable, and issues a token for what it holds.</summary>
    public UploadToken Issue(string folder, bool durable)
    {
        if (_nameUnflushed && durable)
        {
            DiskFiles.SyncFolder(folder);
        }

        _nameUnflushed = false;
        IsUnknownToAnybody = false;
        Token = Token with { Offset = Length };
        return Token.ToToken();
    }

    public bool IsClosed { get; private set; }

    public void Close()
    {
        IsClosed = true;
        stream.Dispose();
    }
}
