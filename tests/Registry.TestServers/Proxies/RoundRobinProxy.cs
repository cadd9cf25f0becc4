using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.TestServers.Proxies;

/// <summary>A request as it was passed on, in the order in which requests came.</summary>
public sealed record ProxiedRequest(string Method, string Target, Uri Host);

/// <summary>
/// A load balancer that gives every request to the next host, also where one connection brings several. Target, headers and bodies pass unchanged, and bodies as
/// they come. A host that takes no connection is passed over; one that breaks off while it has a request makes that request's answer 502, or cuts it short.
/// </summary>
public sealed class RoundRobinProxy : IAsyncDisposable
{
    /// <summary>Headers that belong to a connection. Kestrel has answered an expectation of <c>100-continue</c> itself.</summary>
    private static readonly HashSet<string> OfConnection =
        new(["Connection", "Expect", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade"], StringComparer.OrdinalIgnoreCase);

    private readonly IReadOnlyList<Uri> hosts;
    private readonly WebApplication app;
    private readonly List<ProxiedRequest> requests = [];
    private readonly List<string> unexpected = [];

    // Set on a request before it is sent, and told once a connection is open for it: by the handler's own thread, beside the one that waits for the answer.
    private static readonly HttpRequestOptionsKey<Connection> Opened = new("opened");

    // Connections are not kept, so that each is opened for one request.
    private readonly HttpMessageInvoker client = new(new SocketsHttpHandler
    {
        ConnectCallback = ConnectAsync,
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        UseCookies = false,
        UseProxy = false,
    });

    private uint next;

    private RoundRobinProxy(IReadOnlyList<Uri> hosts)
    {
        this.hosts = hosts;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        app = builder.Build();
        app.Run(ForwardAsync);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(app.Urls.Single());

    /// <summary>What has been passed on so far.</summary>
    public IReadOnlyList<ProxiedRequest> Requests
    {
        get
        {
            lock (requests)
            {
                return [.. requests];
            }
        }
    }

    /// <summary>What requests failed with that is no usual fault of a connection.</summary>
    public IReadOnlyList<string> Unexpected
    {
        get
        {
            lock (unexpected)
            {
                return [.. unexpected];
            }
        }
    }

    /// <summary>Starts one on a free port of 127.0.0.1.</summary>
    public static async Task<RoundRobinProxy> StartAsync(IReadOnlyList<Uri> hosts, CancellationToken cancellationToken)
    {
        var proxy = new RoundRobinProxy(hosts);
        await proxy.app.StartAsync(cancellationToken);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        client.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        uint first = Interlocked.Increment(ref next);
        for (uint i = 0; i < hosts.Count; i++)
        {
            Uri host = hosts[(int)((first + i) % hosts.Count)];
            using HttpRequestMessage request = NewRequest(context, host);
            var connection = new Connection();
            request.Options.Set(Opened, connection);
            try
            {
                using HttpResponseMessage response = await client.SendAsync(request, context.RequestAborted);
                lock (requests)
                {
                    requests.Add(new ProxiedRequest(request.Method.Method, request.RequestUri!.PathAndQuery, host));
                }

                await AnswerAsync(context, response);
                return;
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError && !connection.IsOpen)
            {
                // No connection was opened, so that the host got nothing. (The handler opens another one by itself when the first breaks before an answer; then the host may have done its work.)
                // The next host may take it.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A client throws much where a host dies under it, a bare SocketException when that is between its connection and its first byte. What is no usual fault of a connection is told, since it may be one of this proxy.
                if (e is not (HttpRequestException or IOException or OperationCanceledException or SocketException))
                {
                    lock (unexpected)
                    {
                        unexpected.Add(e.ToString());
                    }
                }

                if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
                {
                    context.Abort();
                    return;
                }

                break;
            }
        }

        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status502BadGateway;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            context.InitialRequestMessage.Options.TryGetValue(Opened, out Connection? connection);
            connection!.IsOpen = true;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static HttpRequestMessage NewRequest(HttpContext context, Uri host)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var request = new HttpRequestMessage(
            HttpMethod.Parse(context.Request.Method),
            new Uri(host.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody)
        {
            request.Content = new StreamContent(context.Request.Body);
        }
        else if (context.Request.ContentLength is not null)
        {
            request.Content = new ByteArrayContent([]);
        }

        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Headers)
        {
            if (!OfConnection.Contains(name) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return request;
    }

    private static async Task AnswerAsync(HttpContext context, HttpResponseMessage response)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (!OfConnection.Contains(name))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private sealed class Connection
    {
        public volatile bool IsOpen;
    }
}
