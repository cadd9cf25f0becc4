using System.IO.Abstractions;

namespace Registry.Storage.FileSystem;

/// <summary>Where things lie under the root folder, and how a key becomes a path.</summary>
internal sealed class KeyPaths
{
    private readonly IPath _path;
    private readonly char _separator;
    private readonly string _objectsWithSeparator;

    public KeyPaths(IFileSystem fileSystem, string root)
    {
        _path = fileSystem.Path;
        _separator = _path.DirectorySeparatorChar;
        Root = _path.TrimEndingDirectorySeparator(_path.GetFullPath(root));
        Objects = _path.Combine(Root, "objects");
        Staging = _path.Combine(Root, "staging");
        Temporary = _path.Combine(Root, "tmp");
        Locks = _path.Combine(Root, "locks");
        _objectsWithSeparator = Objects + _separator;
    }

    /// <summary>The folder that the operator named, as a full path.</summary>
    public string Root { get; }

    /// <summary>Complete objects, one file each, at the encoded path of their key.</summary>
    public string Objects { get; }

    /// <summary>Uploads that are being appended to, one file each, named by their id.</summary>
    public string Staging { get; }

    /// <summary>Small objects being written, before they are renamed into place.</summary>
    public string Temporary { get; }

    /// <summary>The files behind the locks between processes. They hold nothing and are never removed.</summary>
    public string Locks { get; }

    /// <summary>The path of a key's file.</summary>
    /// <exception cref="ArgumentException">It is no key.</exception>
    public string OfKey(string key)
    {
        ObjectKey.ThrowIfInvalid(key);
        string path = Append(_objectsWithSeparator, key, isFolder: false);

        // The encoding leaves no way out of the folder; this is the second lock on the door.
        if (!_path.GetFullPath(path).StartsWith(_objectsWithSeparator, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The key '{key}' would lie outside of the store's folder.", nameof(key));
        }

        return path;
    }

    /// <summary>The deepest folder that holds every key with a prefix, and the part of the prefix that this folder stands for.</summary>
    public (string Folder, string KeyPrefix) OfPrefix(ReadOnlySpan<char> prefix)
    {
        int slash = prefix.LastIndexOf('/');
        ReadOnlySpan<char> tail = prefix[(slash + 1)..];
        string folder = slash < 0 ? Objects : Append(_objectsWithSeparator, prefix[..slash], isFolder: false);
        int whole = tail.Length - (tail.Length % FileNameCodec.ChunkLength);
        if (whole > 0)
        {
            folder = Append(folder + _separator, tail[..whole], isFolder: true);
        }

        return (folder, prefix[..(slash + 1 + whole)].ToString());
    }

    /// <summary>The path of an entry within a folder, by the decoded text of its name.</summary>
    public string OfEntry(string folder, ReadOnlySpan<char> text, bool continues)
    {
        Span<char> name = stackalloc char[FileNameCodec.MaxNameLength];
        int length = continues ? FileNameCodec.EncodeFolder(text, name) : FileNameCodec.EncodePart(text, _separator, name);
        return string.Concat(folder, [_separator], name[..length]);
    }

    /// <summary>The folder of a file or folder.</summary>
    public string ParentOf(string path) => path[..path.LastIndexOf(_separator)];

    /// <summary>Whether a folder of the store is one that keys made.</summary>
    public bool IsBelowObjects(string folder) => folder.StartsWith(_objectsWithSeparator, StringComparison.Ordinal);

    private string Append(string start, ReadOnlySpan<char> key, bool isFolder)
    {
        Span<char> buffer = stackalloc char[FileNameCodec.MaxEncodedLength(ObjectStoreLimits.MaxKeyLength)];
        int written = 0;
        if (isFolder)
        {
            for (; key.Length > 0; key = key[FileNameCodec.ChunkLength..])
            {
                written += FileNameCodec.EncodeFolder(key[..FileNameCodec.ChunkLength], buffer[written..]);
                buffer[written++] = _separator;
            }

            return string.Concat(start, buffer[..(written - 1)]);
        }

        foreach (Range range in key.Split('/'))
        {
            if (written > 0)
            {
                buffer[written++] = _separator;
            }

            written += FileNameCodec.EncodePart(key[range], _separator, buffer[written..]);
        }

        return string.Concat(start, buffer[..written]);
    }
}
