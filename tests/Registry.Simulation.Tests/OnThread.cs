using System.Runtime.ExceptionServices;

namespace Registry.Simulation;

/// <summary>A thread of its own without anything that would move continuations to another one.</summary>
internal static class OnThread
{
    private const int StackBytes = 16 * 1024 * 1024;

    public static void Do(Action action)
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
        thread.Join();
        fault?.Throw();
    }
}
