namespace Registry.Storage.FileSystem;

/// <summary>Removes an object, and the folders that this leaves empty.</summary>
/// <remarks>
/// An empty folder may be removed at any time: a put that made it finds it missing when it renames, and makes it again. The removal is flushed even where there was no
/// file, since an earlier attempt may have removed it and failed to flush.
/// </remarks>
internal sealed class DeleteMutation(StoreParts parts, string key, string path, CancellationToken cancellationToken) : Mutation<bool>(cancellationToken)
{
    public override void Prepare(bool inCompany) => FinishIfCancelled();

    public override void Flush()
    {
    }

    public override void Apply(FolderSync folders)
    {
        string folder = parts.Paths.ParentOf(path);
        using (parts.Locks.Enter(key))
        {
            parts.Files.Delete(path);
        }

        while (parts.Paths.IsBelowObjects(folder))
        {
            // Before and after: a put between the two may have found it and noted it as durable.
            parts.KnownFolders.Remove(folder);
            if (!parts.Files.RemoveIfEmpty(folder) && parts.Files.FileSystem.Directory.Exists(folder))
            {
                break;
            }

            parts.KnownFolders.Remove(folder);
            folder = parts.Paths.ParentOf(folder);
        }

        folders.Changed(folder);
    }
}
