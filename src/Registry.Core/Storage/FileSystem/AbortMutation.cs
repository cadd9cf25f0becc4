namespace Registry.Storage.FileSystem;

/// <summary>Drops an upload. It is flushed like any change, for a file that came back after a crash would lie there for good.</summary>
internal sealed class AbortMutation(StoreParts parts, FileUploadToken token, CancellationToken cancellationToken) : Mutation<bool>(cancellationToken)
{
    public override void Prepare(bool inCompany) => FinishIfCancelled();

    public override void Flush()
    {
    }

    public override void Apply(FolderSync folders)
    {
        parts.Uploads.Abort(token);
        folders.Changed(parts.Paths.Staging);
    }
}
