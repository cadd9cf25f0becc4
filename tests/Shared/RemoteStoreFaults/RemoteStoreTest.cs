using System.Security.Cryptography;
using Registry.TestServers.Faults;
using Registry.TestServers.Processes;

namespace Registry.Storage.Faults;

/// <summary>A test of what a store does when something goes wrong between it and its server. The faults are put in by a proxy, and each test checks that its fault came about.</summary>
public abstract class RemoteStoreTest : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string root = $"faults-{RandomNumberGenerator.GetHexString(12, lowercase: true)}-";
    private readonly List<IObjectStore> opened = [];
    private FaultProxy? proxy;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What stands between <see cref="Store"/> and the server.</summary>
    protected FaultProxy Proxy => proxy!;

    /// <summary>A store that reaches its server through the proxy, and is ready.</summary>
    protected IObjectStore Store { get; private set; } = null!;

    /// <summary>Another node's store, which has nothing to suffer.</summary>
    protected IObjectStore Direct { get; private set; } = null!;

    /// <summary>What the server says when it wants to be left alone: 503.</summary>
    protected abstract CannedAnswer Busy { get; }

    /// <summary>What the server says when it is at a loss: 500.</summary>
    protected abstract CannedAnswer Error { get; }

    public async ValueTask InitializeAsync()
    {
        Uri server = await StartServerAsync(Cancel);
        proxy = FaultProxy.Start(server);
        Direct = Open(server);
        Store = await OpenThroughProxyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IObjectStore store in opened)
        {
            (store as IDisposable)?.Dispose();
        }

        if (proxy is not null)
        {
            await proxy.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the server, or skips the test.</summary>
    protected abstract ValueTask<Uri> StartServerAsync(CancellationToken cancellationToken);

    /// <summary>Opens a store over the place that all tests share.</summary>
    /// <param name="server">Where its server is, or the proxy before it.</param>
    /// <param name="manner">How its client goes about faults.</param>
    protected abstract IObjectStore OpenStore(Uri server, ClientManner manner);

    protected string Key(string name) => root + name;

    protected IObjectStore Open(Uri server, ClientManner manner = ClientManner.Usual)
    {
        IObjectStore store = OpenStore(server, manner);
        opened.Add(store);
        return store;
    }

    /// <summary>Opens a store behind the proxy that has made its first request, so that what it does at its start is over.</summary>
    protected async ValueTask<IObjectStore> OpenThroughProxyAsync(ClientManner manner = ClientManner.Usual)
    {
        IObjectStore store = Open(Proxy.Address, manner);
        Assert.Null(await store.GetAsync(Key("ready"), Cancel));
        return store;
    }

    protected static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Whether a request is about an object itself.</summary>
    protected bool IsOf(ProxiedRequest request, string method, string name) => request.Method == method && request.Path.EndsWith("/o/" + Key(name), StringComparison.Ordinal);

    protected async Task<string> PutDirectAsync(string name, int seed) =>
        (await Direct.PutAsync(Key(name), Bytes(100, seed), PutCondition.None, Cancel)).ETag!;

    protected async Task AssertContentAsync(string key, ReadOnlyMemory<byte> expected)
    {
        await using ObjectContent? content = await Direct.OpenReadAsync(key, 0, null, Cancel);
        Assert.True(content is not null, $"'{key}' is not there.");
        Assert.Equal(expected.Length, content.TotalLength);
        AssertSame(expected, await ReadAsync(content));
    }

    protected static void AssertSame(ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> actual) =>
        Assert.True(expected.Span.SequenceEqual(actual.Span), $"{actual.Length} bytes came, {expected.Length} were expected; {expected.Span.CommonPrefixLength(actual.Span)} are right.");

    protected static async Task<byte[]> ReadAsync(ObjectContent content)
    {
        using var bytes = new MemoryStream();
        await content.Stream.CopyToAsync(bytes, Cancel);
        return bytes.ToArray();
    }

    protected static async Task<ObjectAppender> OpenAppenderAsync(IObjectStore store, UploadToken token)
    {
        ObjectAppender? appender = await store.OpenAppendAsync(token, Cancel);
        Assert.True(appender is not null, "The upload is gone.");
        return appender;
    }

    protected static async Task<UploadToken> AppendAsync(IObjectStore store, UploadToken token, ReadOnlyMemory<byte> bytes)
    {
        await using ObjectAppender appender = await OpenAppenderAsync(store, token);
        await appender.WriteAsync(bytes, Cancel);
        return await appender.FlushAsync(Cancel);
    }

    /// <summary>Waits for a fault to come about.</summary>
    protected Task WaitForFaultAsync(FaultKind kind, int count = 1) =>
        Eventually.HoldsAsync(_ => Task.FromResult(Proxy.Count(kind) >= count), Patience, () => $"{kind} came about {Proxy.Count(kind)} times instead of {count}", Cancel);

    /// <summary>A fault that is over when the request is sent again.</summary>
    protected Fault FaultOf(string name, int bodyBytes = 0) => name switch
    {
        "request lost" => Fault.LoseRequest,
        "answer lost" => Fault.LoseAnswer,
        "duplicated" => Fault.Duplicate,
        "broken half way" => Fault.BreakRequest(bodyBytes / 2),
        "busy" => Fault.Answer(Busy),
        "done but busy" => Fault.AnswerAfterwards(Busy),
        "error" => Fault.Answer(Error),
        "done but error" => Fault.AnswerAfterwards(Error),
        _ => throw new ArgumentException(name, nameof(name)),
    };
}
