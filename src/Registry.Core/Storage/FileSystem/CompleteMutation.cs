namespace Registry.Storage.FileSystem;

/// <summary>Makes an upload an object: its file is flushed and renamed to the key's path, whatever its size.</summary>
internal sealed class CompleteMutation(StoreParts parts, FileUploadToken token, UploadFile? file, CancellationToken cancellationToken)
    : Mutation<string?>(cancellationToken)
{
    private UploadFile? _file = file;

    public override void Prepare(bool inCompany)
    {
        if (FinishIfCancelled() || _file is not null)
        {
            return;
        }

        _file = parts.Uploads.Open(token);
        if (_file is null)
        {
            Finish(parts.Uploads.IsComplete(token) ? token.Key : null);
        }
    }

    public override void Flush() => _file!.Flush();

    public override void Apply(FolderSync folders)
    {
        string path = parts.Paths.OfKey(token.Key);
        if (parts.Uploads.Complete(_file!, path))
        {
            folders.Changed(parts.Paths.ParentOf(path));
            Result = token.Key;
        }
        else
        {
            Finish(null);
        }
    }

    public override void Fail(Exception exception)
    {
        _file?.Close();
        base.Fail(exception);
    }
}
