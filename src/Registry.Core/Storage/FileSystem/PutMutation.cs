namespace Registry.Storage.FileSystem;

/// <summary>Writes a small object: a temporary file, flushed, then renamed to the key's path.</summary>
/// <remarks>
/// <para>Why conditions hold. Whatever replaces or removes a key's file (a put without or with an ETag, a delete) does so under the key's lock, which holds between
/// processes. So between the comparison and the rename of a put with an ETag the file cannot change, other than by a creation, and a creation fails while the file is there; renaming
/// over a file leaves no moment without one.</para>
/// <para>A put if absent takes no lock, because the file system decides: giving the file its name fails if the name is taken, in one step. It takes place at that step, before or after
/// any replacement or removal. Where the disk has no such call, it is a look and a rename under the lock instead, and so again alone.</para>
/// <para>An object without bytes, where there is none yet, is created at the key's path: the same one step, with nothing that could be half there.</para>
/// <para>A change is visible an instant before its folder is flushed. Journalling file systems write names in order, so that whatever somebody makes durable after seeing it comes
/// after it on the disk as well.</para>
/// </remarks>
internal sealed class PutMutation(
    StoreParts parts, string key, string path, ReadOnlyMemory<byte> content, string etag, PutCondition condition, CancellationToken cancellationToken)
    : Mutation<PutResult>(cancellationToken)
{
    private FileStream? _file;
    private string? _temporary;
    private bool _inPlace;

    public override void Prepare(bool inCompany)
    {
        // A look ahead, for it saves writing a file in vain; it is decided when the change is applied.
        if (FinishIfCancelled() || FinishIfConditionFails())
        {
            return;
        }

        // There is nothing to be half written of an empty object: it needs no other name first.
        _inPlace = content.IsEmpty && condition.RequiredETag is null && parts.Files.ExclusiveMove != ExclusiveMove.UnderLock && !parts.Files.Exists(path);
        if (_inPlace)
        {
            return;
        }

        _file = parts.SmallFiles.CreateTemporary(content.Span, out _temporary);
        if (inCompany)
        {
            DiskFiles.BeginWriteBack(_file.SafeFileHandle, 0, content.Length);
        }
    }

    public override void Flush()
    {
        if (_file is not null)
        {
            parts.Files.FlushBeforeRename(_file.SafeFileHandle);
        }
    }

    public override void Apply(FolderSync folders)
    {
        if (_inPlace && parts.Files.TryCreateEmpty(path))
        {
            Written(folders);
            return;
        }

        // Where it was to be created in place somebody was first, perhaps with other content, which a put without a condition replaces.
        _file ??= parts.SmallFiles.CreateTemporary([], out _temporary);
        _file.Dispose();
        if (condition.RequiresAbsence && parts.Files.ExclusiveMove != ExclusiveMove.UnderLock)
        {
            Move();
        }
        else
        {
            using (parts.Locks.Enter(key))
            {
                if (condition.RequiredETag is not null && FinishIfConditionFails())
                {
                    return;
                }

                Move();
            }
        }

        if (!Finished)
        {
            Written(folders);
        }
    }

    public override void Fail(Exception exception)
    {
        RemoveTemporary();
        base.Fail(exception);
    }

    private void Written(FolderSync folders)
    {
        folders.Changed(parts.Paths.ParentOf(path));
        Result = PutResult.Written(etag);
    }

    private void Move()
    {
        if (parts.Files.Move(_temporary!, path, condition.RequiresAbsence))
        {
            _temporary = null;
        }
        else
        {
            RemoveTemporary();
            Finish(PutResult.ConditionFailed);
        }
    }

    private bool FinishIfConditionFails()
    {
        bool holds = condition switch
        {
            { RequiresAbsence: true } => !parts.Files.Exists(path),
            { RequiredETag: { } required } => parts.SmallFiles.Read(path)?.ETag == required,
            _ => true,
        };
        if (holds)
        {
            return false;
        }

        RemoveTemporary();
        Finish(PutResult.ConditionFailed);
        return true;
    }

    private void RemoveTemporary()
    {
        _file?.Dispose();
        if (_temporary is not null)
        {
            parts.RemoveTemporary(_temporary);
            _temporary = null;
        }
    }
}
