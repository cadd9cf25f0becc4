namespace Registry.Storage.FileSystem;

/// <summary>Takes changes through their steps together. Runs on the store's threads and never throws.</summary>
internal sealed class MutationBatch(DiskFiles files, KeyPaths paths, KnownFolders known, FileFaults faults)
{
    public void Run(List<Mutation> batch)
    {
        bool inCompany = files.FlushMode != FlushMode.None && batch.Count > 1;
        ForEach(batch, mutation => mutation.Prepare(inCompany));
        ForEach(batch, static mutation => mutation.Flush());
        var folders = new FolderSync(files.FlushMode, paths, known);
        ForEach(batch, mutation => mutation.Apply(folders));
        try
        {
            folders.Flush();
        }
        catch (Exception e)
        {
            // Visible, but perhaps not durable: nobody may be told that it was written.
            Exception fault = faults.Translate(e);
            ForEach(batch, mutation => mutation.Fail(fault));
            return;
        }

        ForEach(batch, static mutation => mutation.Acknowledge());
    }

    private void ForEach(List<Mutation> batch, Action<Mutation> step)
    {
        foreach (Mutation mutation in batch)
        {
            if (mutation.Finished)
            {
                continue;
            }

            try
            {
                step(mutation);
            }
            catch (Exception e)
            {
                mutation.Fail(faults.Translate(e));
            }
        }
    }
}
