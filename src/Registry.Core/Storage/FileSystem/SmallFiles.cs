using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.FileSystem;

/// <summary>Reading and writing files that fit into memory.</summary>
internal sealed class SmallFiles(DiskFiles files, KeyPaths paths, string instance)
{
    private long _temporaryCount;

    /// <summary>Reads a file whole, or returns <see langword="null"/> where there is none.</summary>
    public SmallObject? Read(string path)
    {
        using FileStream? file = files.OpenForReading(path);
        if (file is null)
        {
            return null;
        }

        SafeFileHandle handle = file.SafeFileHandle;
        long length = RandomAccess.GetLength(handle);
        if (length > ObjectStoreLimits.MaxSmallObjectBytes)
        {
            throw new ObjectTooLargeException();
        }

        byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
        int filled = 0;
        while (filled < content.Length)
        {
            int read = RandomAccess.Read(handle, content.AsSpan(filled), filled);
            if (read == 0)
            {
                // Objects are replaced, never changed in place, so only a disk fault or a stranger's hand makes one shorter while it is read.
                throw new IOException($"'{path}' ended after {filled} of {content.Length} bytes.");
            }

            filled += read;
        }

        return new SmallObject(content, ContentTag.Of(content), File.GetLastWriteTimeUtc(handle));
    }

    /// <summary>What the disk's clock says, which on a network file system is not this machine's.</summary>
    public DateTime DiskTime()
    {
        using FileStream file = CreateTemporary([0], out string path);
        DateTime now = File.GetLastWriteTimeUtc(file.SafeFileHandle);
        file.Dispose();
        files.Delete(path);
        return now;
    }

    /// <summary>Creates a file with some bytes under a name that no other store instance uses.</summary>
    public FileStream CreateTemporary(ReadOnlySpan<byte> content, out string path)
    {
        path = files.FileSystem.Path.Combine(paths.Temporary, $"{instance}-{Interlocked.Increment(ref _temporaryCount):x}");
        FileStream file = files.Open(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        try
        {
            RandomAccess.Write(file.SafeFileHandle, content, 0);
            return file;
        }
        catch
        {
            file.Dispose();
            files.Delete(path);
            throw;
        }
    }
}
