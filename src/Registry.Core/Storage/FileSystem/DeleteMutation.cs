namespace Registry.Storage.FileSystem;

/// <summary>Removes an object, if it has the ETag that it must have, and the folders that this leaves empty. The result says whether it was there like that.</summary>
/// <remarks>
/// <para>An empty folder may be removed at any time: a put that made it finds it missing when it renames, and makes it again. The removal is flushed even where there was no
/// file, since an earlier attempt may have removed it and failed to flush.</para>
/// <para>The ETag is compared under the lock under which all others replace and remove the object, as <see cref="PutMutation"/> does it and says why it holds: while the file is there, it cannot
/// become another one.</para>
/// </remarks>
internal sealed class DeleteMutation(StoreParts parts, string key, string path, string? requiredETag, CancellationToken cancellationToken) : Mutation<bool>(cancellationToken)
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
            string? etag = requiredETag is null ? null : parts.SmallFiles.Read(path)?.ETag;
            if (etag is not null && etag != requiredETag)
            {
                Finish(false);
                return;
            }

            // Where a conditional one finds nothing there may be something a moment later, since a put if absent takes no lock.
            if (requiredETag is null || etag is not null)
            {
                parts.Files.Delete(path);
            }

            Result = etag is not null;
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
