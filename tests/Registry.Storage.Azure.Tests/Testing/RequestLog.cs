using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Registry.Storage.Azure.Tests.Testing;

/// <summary>Remembers what was asked of the service.</summary>
internal sealed class RequestLog : HttpPipelineSynchronousPolicy
{
    private readonly ConcurrentQueue<(RequestMethod Method, string Uri)> requests = new();

    public IReadOnlyList<(RequestMethod Method, string Uri)> Requests => [.. requests];

    public int Listings => requests.Count(static request => request.Uri.Contains("comp=list&", StringComparison.Ordinal) || request.Uri.EndsWith("comp=list", StringComparison.Ordinal));

    public void Clear() => requests.Clear();

    public override void OnSendingRequest(HttpMessage message) => requests.Enqueue((message.Request.Method, message.Request.Uri.ToString()));
}
