using System.Net;
using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>Says when to kill the server: after a number of steps (pieces sent, answers received) of all pushers together.</summary>
internal sealed class Fuse(int steps)
{
    private readonly TaskCompletionSource _blown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = steps;

    public Task Blown => _blown.Task;

    /// <summary>One that does not blow: nothing is killed, and nothing may break.</summary>
    public static Fuse Never() => new(int.MaxValue);

    public void Burn()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _blown.SetResult();
        }
    }

    /// <summary>An answer came, which should have this status.</summary>
    public Task ExpectAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Burn();
        return RegistryHttp.ExpectAsync(response, status);
    }
}
