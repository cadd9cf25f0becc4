using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Registry.Storage.Azure.Tests.Testing;

/// <summary>Loses the answer to each first attempt of a write that a test chose, after the service carried it out.</summary>
internal sealed class LostAnswers(Func<Request, bool> loses) : HttpPipelinePolicy
{
    private int lost;

    public int Lost => lost;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        const string Tried = nameof(LostAnswers);
        if (loses(message.Request) && !message.TryGetProperty(Tried, out _))
        {
            message.SetProperty(Tried, true);
            Interlocked.Increment(ref lost);
            throw new RequestFailedException(0, "The connection broke.", new IOException("The connection broke."));
        }
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
