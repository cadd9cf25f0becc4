using Microsoft.AspNetCore.Http;

namespace Registry.AspNetCore.Http;

internal static class JsonAnswer
{
    /// <summary>Answers 200 with a JSON document, without parameters on its type: clients compare the header as a string.</summary>
    public static async Task WriteJsonAsync(
        this HttpResponse response, ReadOnlyMemory<byte> document, bool headersOnly, CancellationToken cancellationToken, string contentType = "application/json")
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = contentType;
        response.ContentLength = document.Length;
        if (!headersOnly)
        {
            await response.Body.WriteAsync(document, cancellationToken).ConfigureAwait(false);
        }
    }
}
