using Registry.AspNetCore.Credentials.Chain;

namespace Registry.AspNetCore.Credentials.Throttling;

/// <summary>
/// Lets a few attempts of an address be looked at at once. The others wait and then ask the throttle again; so of a burst of guesses, only a few more than are allowed are looked at before the first
/// failures count. Addresses share a place now and then, which costs them some waiting.
/// </summary>
internal sealed class AttemptGate : IDisposable
{
    internal const int Together = 8;

    private const int Places = 256;

    private readonly SemaphoreSlim[] _places = [.. Enumerable.Range(0, Places).Select(static _ => new SemaphoreSlim(Together))];

    /// <summary>Waits for a turn. What is returned ends it.</summary>
    public async ValueTask<Turn> EnterAsync(TextHash address, CancellationToken cancellationToken)
    {
        SemaphoreSlim place = _places[(int)(uint)(address.Low % Places)];
        await place.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(place);
    }

    public void Dispose()
    {
        foreach (SemaphoreSlim place in _places)
        {
            place.Dispose();
        }
    }

    internal readonly struct Turn(SemaphoreSlim place) : IDisposable
    {
        public void Dispose() => place.Release();
    }
}
