namespace Registry.Storage.FileSystem;

/// <summary>A piece of work for one of the store's threads, done on its own.</summary>
internal abstract class IoWork
{
    /// <summary>Does the work and completes whoever waits for it. Does not throw.</summary>
    public abstract void Run();
}

/// <summary>Work that gives a result.</summary>
/// <typeparam name="T">The result.</typeparam>
internal sealed class IoWork<T>(Func<T> work, FileFaults faults, CancellationToken cancellationToken) : IoWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    public override void Run()
    {
        if (cancellationToken.IsCancellationRequested)
        {
            _done.TrySetCanceled(cancellationToken);
            return;
        }

        try
        {
            _done.TrySetResult(work());
        }
        catch (Exception e)
        {
            _done.TrySetException(faults.Translate(e));
        }
    }
}
