namespace Registry.Storage.FileSystem;

/// <summary>
/// A change of the store that must be durable before it is acknowledged. It runs in steps, so that several changes taken together share what is slow:
/// all prepare, all flush, all are applied, then each folder that got or lost a name is flushed once.
/// </summary>
internal abstract class Mutation
{
    /// <summary>Whether the outcome is known and the caller was told; later steps are skipped then.</summary>
    public bool Finished { get; protected set; }

    /// <summary>Checks what can be checked early and writes the bytes.</summary>
    /// <param name="inCompany">Whether more changes are prepared before the first is flushed.</param>
    public abstract void Prepare(bool inCompany);

    /// <summary>Makes sure that the bytes are on the disk before the name that they are to get.</summary>
    public abstract void Flush();

    /// <summary>Makes the change visible, atomically.</summary>
    /// <param name="folders">To be told the folder of each name that appears or goes.</param>
    public abstract void Apply(FolderSync folders);

    /// <summary>Tells the caller that the change is done and durable.</summary>
    public abstract void Acknowledge();

    /// <summary>Tells the caller of a failure, and tidies up.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A change with a result.</summary>
/// <typeparam name="T">The result.</typeparam>
internal abstract class Mutation<T>(CancellationToken cancellationToken) : Mutation
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    /// <summary>What <see cref="Acknowledge"/> reports; set when the change is applied.</summary>
    protected T? Result { get; set; }

    public override void Acknowledge() => Finish(Result!);

    public override void Fail(Exception exception)
    {
        Finished = true;
        _done.TrySetException(exception);
    }

    protected void Finish(T result)
    {
        Finished = true;
        _done.TrySetResult(result);
    }

    /// <summary>The last moment at which a change can be cancelled: from here on it runs to its end.</summary>
    protected bool FinishIfCancelled()
    {
        if (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        Finished = true;
        _done.TrySetCanceled(cancellationToken);
        return true;
    }
}
