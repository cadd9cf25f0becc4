namespace Registry.Storage.FileSystem;

/// <summary>Makes an upload an object: its file is flushed and renamed to the key's path, whatever its size.</summary>
/// <param name="parts">What the store's operations share.</param>
/// <param name="token">The token to complete.</param>
/// <param name="file">The file as an appender has it open, which is closed then; <see langword="null"/> completes the token alone.</param>
/// <param name="cancellationToken">Ends the wait for the operation to begin.</param>
internal sealed class CompleteMutation(StoreParts parts, FileUploadToken token, UploadFile? file, CancellationToken cancellationToken)
    : Mutation<string?>(cancellationToken)
{
    public override void Prepare(bool inCompany) => FinishIfCancelled();

    public override void Flush() => file?.FlushBeforeRename();

    public override void Apply(FolderSync folders)
    {
        if (file is null ? parts.Uploads.Complete(token) : parts.Uploads.Complete(file))
        {
            folders.Changed(parts.Paths.ParentOf(parts.Paths.OfKey(token.Key)));
            Result = token.Key;
        }
        else
        {
            Finish(null);
        }
    }
}
