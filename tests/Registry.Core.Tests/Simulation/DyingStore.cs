using Registry.Storage;

namespace Registry.Core.Tests.Simulation;

/// <summary>
/// The store as a process sees it that stops at its k-th operation: that one and all that follow fail. With <paramref name="afterEffect"/>, the k-th still
/// happens and only its answer is lost.
/// </summary>
internal sealed class DyingStore(IObjectStore inner, int dieAt, bool afterEffect) : InterceptedStore(inner)
{
    private int _operations;

    /// <summary>Whether the process got as far as the operation that it dies at.</summary>
    public bool Died => _operations >= dieAt;

    protected override async ValueTask<T> AroundAsync<T>(StoreCall call, Func<ValueTask<T>> perform)
    {
        int number = Interlocked.Increment(ref _operations);
        if (number == dieAt && afterEffect)
        {
            await perform();
        }

        return number >= dieAt ? throw new StoreUnavailableException($"The process stopped at operation {number}, {call}.") : await perform();
    }
}
