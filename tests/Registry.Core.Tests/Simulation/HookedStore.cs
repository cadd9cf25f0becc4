using Registry.Storage;

namespace Registry.Core.Tests.Simulation;

/// <summary>A store that lets a test do something right before or after an operation, or fail in its place.</summary>
internal sealed class HookedStore(IObjectStore inner) : InterceptedStore(inner)
{
    public Func<StoreCall, ValueTask>? Before { get; set; }

    public Func<StoreCall, ValueTask>? After { get; set; }

    protected override async ValueTask<T> AroundAsync<T>(StoreCall call, Func<ValueTask<T>> perform)
    {
        if (Before is { } before)
        {
            await before(call);
        }

        T result = await perform();
        if (After is { } after)
        {
            await after(call);
        }

        return result;
    }

    /// <summary>Does something before one operation, counted from 1.</summary>
    /// <returns>Says whether it came to that.</returns>
    public Func<bool> BeforeStep(int step, Func<Task> action)
    {
        int calls = 0;
        bool reached = false;
        Before = async _ =>
        {
            if (Interlocked.Increment(ref calls) == step)
            {
                reached = true;
                await action();
            }
        };
        return () => reached;
    }

    /// <summary>Does something before the first operation that matches, and never again: its own operations pass.</summary>
    public void OnceBefore(Func<StoreCall, bool> matches, Func<ValueTask> action)
    {
        int done = 0;
        Before = call => matches(call) && Interlocked.Exchange(ref done, 1) == 0 ? action() : ValueTask.CompletedTask;
    }

    /// <summary>The same after an operation.</summary>
    public void OnceAfter(Func<StoreCall, bool> matches, Func<ValueTask> action)
    {
        int done = 0;
        After = call => matches(call) && Interlocked.Exchange(ref done, 1) == 0 ? action() : ValueTask.CompletedTask;
    }
}
