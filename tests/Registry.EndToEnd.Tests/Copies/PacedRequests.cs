namespace Registry.EndToEnd.Tests.Copies;

/// <summary>Sends requests one by one, no faster than a pace: pushes that go on for as long as something else takes, without becoming many.</summary>
internal sealed class PacedRequests(TimeSpan pace) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
{
    private readonly PeriodicTimer _pace = new(pace);
    private readonly SemaphoreSlim _turn = new(1, 1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await _pace.WaitForNextTickAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }

        return await base.SendAsync(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        _pace.Dispose();
        _turn.Dispose();
        base.Dispose(disposing);
    }
}
