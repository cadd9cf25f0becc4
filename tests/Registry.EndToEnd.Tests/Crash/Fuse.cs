namespace Registry.EndToEnd.Tests.Crash;

/// <summary>Says when to kill the server: after a number of steps (pieces sent, answers received) of all pushers together.</summary>
internal sealed class Fuse(int steps)
{
    private readonly TaskCompletionSource _blown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = steps;

    public Task Blown => _blown.Task;

    public void Burn()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _blown.SetResult();
        }
    }
}
