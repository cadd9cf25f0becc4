using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Registry.TestServers.Faults;

/// <summary>
/// An HTTP/1.1 proxy on a free port of 127.0.0.1 between a client library and its server. It forwards bytes as they come, so that signatures stay
/// valid, and lets things go wrong by a test's rule. What it did, and not what it was asked to do, is counted: a test asserts that its fault came about.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentDictionary<int, Task> connections = new();
    private readonly ConcurrentQueue<ProxiedRequest> requests = new();
    private readonly ConcurrentQueue<(ProxiedRequest Request, Fault Fault)> done = new();
    private readonly IPEndPoint server;
    private readonly Func<ProxiedRequest, CancellationToken, ValueTask<Admission>>? gate;
    private readonly Task accepting;
    private volatile Func<ProxiedRequest, Fault?> rule = static _ => null;
    private int lastConnection;
    private int lastRequest;

    private FaultProxy(Uri server, Func<ProxiedRequest, CancellationToken, ValueTask<Admission>>? gate)
    {
        this.gate = gate;
        this.server = new IPEndPoint(IPAddress.Parse(server.Host), server.Port);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}"));
        accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Says for each request what goes wrong with it; null for nothing. It is asked from several threads at once.</summary>
    public Func<ProxiedRequest, Fault?> Rule
    {
        get => rule;
        set => rule = value;
    }

    /// <summary>All requests that came, in their order.</summary>
    public IReadOnlyList<ProxiedRequest> Requests => [.. requests];

    /// <summary>The faults that came about.</summary>
    public IReadOnlyList<(ProxiedRequest Request, Fault Fault)> Faults => [.. done];

    /// <summary>Starts one.</summary>
    /// <param name="server">The server, by its IP address.</param>
    /// <param name="gate">Lets each request in, maybe after others, or answers it in the server's place. The rule is asked of those that it lets in.</param>
    public static FaultProxy Start(Uri server, Func<ProxiedRequest, CancellationToken, ValueTask<Admission>>? gate = null) => new(server, gate);

    /// <summary>How many faults of a kind came about.</summary>
    public int Count(FaultKind kind) => done.Count(fault => fault.Fault.Kind == kind);

    /// <summary>Lets a fault happen to each of the first requests that a condition is true of, up to a number of them; nothing goes wrong with others.</summary>
    public void Inject(Fault fault, Func<ProxiedRequest, bool> when, int times = 1)
    {
        int left = times;
        Rule = request => when(request) && Interlocked.Decrement(ref left) >= 0 ? fault : null;
    }

    /// <summary>Ends all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Dispose();
        await accepting;
        await Task.WhenAll(connections.Values);
        ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket accepted = await listener.AcceptAsync(ending.Token);
                int number = ++lastConnection;
                connections[number] = ServeAsync(number, accepted);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The proxy ends.
        }
    }

    private async Task ServeAsync(int number, Socket accepted)
    {
        // Nothing of this is done on the accepting loop's time.
        await Task.Yield();
        using var client = new Wire(accepted);
        try
        {
            while (await client.ReadHeadAsync(ending.Token) is { } head)
            {
                var request = ProxiedRequest.Parse(Interlocked.Increment(ref lastRequest), head);
                requests.Enqueue(request);
                using Admission? admission = gate is null ? null : await gate(request, ending.Token);
                Fault? fault = admission?.Instead is { } answer ? Fault.Answer(answer) : Rule(request);
                var exchange = new Exchange(client, request, head, ConnectAsync, met => done.Enqueue((request, met)));
                if (!await exchange.RunAsync(fault, ending.Token))
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two hung up, or the proxy ends: the other side sees it.
            client.Cut();
        }
        finally
        {
            connections.TryRemove(number, out _);
        }
    }

    // One connection for each request: what breaks is this one request and no other.
    private async ValueTask<Wire> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(server, cancellationToken);
            return new Wire(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
