namespace Registry.Storage.FileSystem;

/// <summary>The folders under which some changes took place, each to be flushed once after the last of them.</summary>
/// <remarks>
/// <para>Where the disk keeps the order of changes, only the last folder is flushed.</para>
/// <para>Elsewhere a name is durable when its folder was flushed, and so on for the folder's own name, up to the store's. Which folders' names are durable already is remembered
/// in <see cref="KnownFolders"/>, so that a change in a folder long in use flushes that one only.</para>
/// </remarks>
internal sealed class FolderSync(FlushMode mode, KeyPaths paths, KnownFolders known)
{
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly List<string> _durableAfterwards = [];

    /// <summary>Notes that a name appeared in or went from a folder.</summary>
    public void Changed(string folder)
    {
        if (mode != FlushMode.Each)
        {
            _folders.Clear();
            _folders.Add(folder);
            return;
        }

        while (_folders.Add(folder) && paths.IsBelowObjects(folder) && !known.Contains(folder))
        {
            _durableAfterwards.Add(folder);
            folder = paths.ParentOf(folder);
        }
    }

    /// <summary>Flushes the folders.</summary>
    public void Flush()
    {
        if (mode == FlushMode.None)
        {
            return;
        }

        foreach (string folder in _folders)
        {
            string existing = folder;
            while (!DiskFiles.SyncFolder(existing))
            {
                // Somebody emptied and removed it since: what has to be durable now is that.
                known.Remove(existing);
                _durableAfterwards.Remove(existing);
                if (existing.Length <= paths.Root.Length)
                {
                    throw new DirectoryNotFoundException($"'{existing}' is gone.");
                }

                existing = paths.ParentOf(existing);
            }
        }

        foreach (string folder in _durableAfterwards)
        {
            known.Add(folder);
        }
    }
}

/// <summary>Folders under the objects whose own name is known to be durable.</summary>
internal sealed class KnownFolders
{
    private const int Capacity = 20_000;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    public bool Contains(string folder)
    {
        lock (_gate)
        {
            return _folders.Contains(folder);
        }
    }

    public void Add(string folder)
    {
        lock (_gate)
        {
            // Forgetting costs a flush more per folder, no more.
            if (_folders.Count >= Capacity)
            {
                _folders.Clear();
            }

            _folders.Add(folder);
        }
    }

    public void Remove(string folder)
    {
        lock (_gate)
        {
            _folders.Remove(folder);
        }
    }
}
