namespace Registry.Storage.FileSystem;

/// <summary>An upload's file, open and locked by the one who appends.</summary>
internal sealed class UploadFile(
    UploadFiles uploads, DiskFiles files, FileUploadToken token, UploadCuts cuts, string path, FileStream stream, long lengthOnDisk, bool unflushed)
{
    // Long uploads are written to disk as they come: a flush at the end would otherwise have to wait for all of it at once.
    private const long WriteBackBytes = 8 * 1024 * 1024;

    private long _writeBackFrom = token.Offset;
    private bool _hasLaterBytes = lengthOnDisk > token.Offset;
    private bool _unflushed = unflushed;
    private bool _nameUnflushed = token.Offset == 0;

    /// <summary>The last token that was issued for the upload, or that it was opened with.</summary>
    public FileUploadToken Token { get; private set; } = token;

    public string Path { get; } = path;

    /// <summary>How many bytes there are for whoever appends; the file may have later ones still.</summary>
    public long Length { get; private set; } = token.Offset;

    /// <summary>How many bytes may be in memory only.</summary>
    public long UnflushedBytes => _unflushed ? Length - Token.Offset : 0;

    /// <summary>Drops bytes after the token's, which somebody wrote who may have a newer token. Until then opening changes nothing.</summary>
    public void DropLaterBytes()
    {
        if (!_hasLaterBytes)
        {
            return;
        }

        // First the record, then the cut: a newer token must not find other bytes where its own were.
        cuts.Add(Length);
        uploads.Record(cuts, Token);
        RandomAccess.SetLength(stream.SafeFileHandle, Length);
        _hasLaterBytes = false;
        _unflushed = true;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        DropLaterBytes();
        _unflushed = true;
        RandomAccess.Write(stream.SafeFileHandle, bytes, Length);
        Length += bytes.Length;
        if (files.FlushMode != FlushMode.None && Length - _writeBackFrom >= WriteBackBytes)
        {
            DiskFiles.BeginWriteBack(stream.SafeFileHandle, _writeBackFrom, Length - _writeBackFrom);
            _writeBackFrom = Length;
        }
    }

    /// <summary>Makes sure that what was written is on the disk before the object's name.</summary>
    public void FlushBeforeRename()
    {
        if (_unflushed)
        {
            files.FlushBeforeRename(stream.SafeFileHandle);
            _unflushed = false;
        }
    }

    /// <summary>Makes what was written durable, with the file's name, and issues a token for it.</summary>
    public UploadToken Issue()
    {
        if (_unflushed)
        {
            files.Flush(stream.SafeFileHandle);
            _unflushed = false;
        }

        if (_nameUnflushed && files.FlushMode == FlushMode.Each)
        {
            uploads.SyncStaging();
            _nameUnflushed = false;
        }

        Token = Token with { Era = cuts.Era, Offset = Length };
        return Token.ToToken();
    }

    public void Close() => stream.Dispose();
}
