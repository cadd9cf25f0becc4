using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Registry.Errors;

namespace Registry.AspNetCore.Http;

/// <summary>Writes error answers: <c>{"errors":[{"code","message","detail"}]}</c>, without a body to a HEAD.</summary>
internal static class ErrorWriter
{
    // Clients read no more than 8 KiB of an error's body. A manifest can name more missing blobs than fit.
    private const int MaxErrors = 32;

    public static Task WriteAsync(HttpContext context, RegistryErrorCode code, string message, string? detail = null) =>
        WriteAsync(context, ErrorCodes.Status(code), [new RegistryError(code, message, detail)]);

    public static async Task WriteAsync(HttpContext context, int status, IReadOnlyList<RegistryError> errors)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteStartArray("errors");
            foreach (RegistryError error in errors.Take(MaxErrors))
            {
                json.WriteStartObject();
                json.WriteString("code", ErrorCodes.Text(error.Code));
                json.WriteString("message", error.Message);
                if (error.Detail is { } detail)
                {
                    json.WriteString("detail", detail);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
