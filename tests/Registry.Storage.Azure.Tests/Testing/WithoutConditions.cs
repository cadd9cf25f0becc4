using Azure.Core;
using Azure.Core.Pipeline;

namespace Registry.Storage.Azure.Tests.Testing;

/// <summary>Makes the service one that ignores the conditions of writes.</summary>
internal sealed class WithoutConditions : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        if (message.Request.Method == RequestMethod.Put || message.Request.Method == RequestMethod.Delete)
        {
            message.Request.Headers.Remove("If-Match");
            message.Request.Headers.Remove("If-None-Match");
        }
    }
}
