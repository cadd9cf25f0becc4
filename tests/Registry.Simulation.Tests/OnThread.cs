using System.Runtime.ExceptionServices;

namespace Registry.Simulation;

/// <summary>Threads of their own without anything that would move continuations to another one.</summary>
internal static class OnThread
{
    private const int StackBytes = 16 * 1024 * 1024;

    public static void Do(Action action) => Join([Begin(action)]);

    /// <summary>Goes through seeds in as many threads as there are processors, until one of them has a result.</summary>
    /// <returns>The result of the least seed that has one, as far as seeds were gone through.</returns>
    public static SimulationRun? FirstOf(ulong first, ulong end, Func<ulong, SimulationRun?> run)
    {
        SimulationRun? found = null;
        ulong next = first;
        var gate = new Lock();
        Join([.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Begin(() =>
        {
            while (TryTake(out ulong seed))
            {
                if (run(seed) is { } result)
                {
                    lock (gate)
                    {
                        found = found is null || result.Seed < found.Seed ? result : found;
                    }
                }
            }
        }))]);
        return found;

        bool TryTake(out ulong seed)
        {
            lock (gate)
            {
                seed = next;
                bool taken = found is null && next < end;
                next += taken ? 1UL : 0;
                return taken;
            }
        }
    }

    private static (Thread Thread, Func<ExceptionDispatchInfo?> Fault) Begin(Action action)
    {
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    action();
                }
                catch (Exception e)
                {
                    fault = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackBytes);
        thread.Start();
        return (thread, () => fault);
    }

    private static void Join((Thread Thread, Func<ExceptionDispatchInfo?> Fault)[] threads)
    {
        foreach ((Thread thread, _) in threads)
        {
            thread.Join();
        }

        foreach ((_, Func<ExceptionDispatchInfo?> fault) in threads)
        {
            fault()?.Throw();
        }
    }
}
