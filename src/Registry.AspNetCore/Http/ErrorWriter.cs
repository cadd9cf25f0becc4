using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Registry.Errors;

namespace Registry.AspNetCore.Http;

/// <summary>Writes error answers: <c>{"errors":[{"code","message","detail"}]}</c>, without a body to a HEAD.</summary>
internal static class ErrorWriter
{
    // Clients read no more of an error's body than this. A manifest can name more missing blobs than fit; the first ones are told.
    private const int MaxBytes = 8 * 1024;

    // Some clients show people the body as it is, so no more is escaped than JSON demands. What was sent comes back in it, which no browser is to take for a page.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext context, RegistryErrorCode code, string message, string? detail = null) =>
        WriteAsync(context, ErrorCodes.Status(code), [new RegistryError(code, message, detail)]);

    public static async Task WriteAsync(HttpContext context, int status, IReadOnlyList<RegistryError> errors)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.XContentTypeOptions = "nosniff";
        ArrayBufferWriter<byte> body = Body(errors);
        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            // Nobody waits for it when the client is gone; that is no further error.
            await response.Body.WriteAsync(body.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static ArrayBufferWriter<byte> Body(IReadOnlyList<RegistryError> errors)
    {
        ReadOnlySpan<byte> head = "{\"errors\":["u8;
        ReadOnlySpan<byte> tail = "]}"u8;
        var body = new ArrayBufferWriter<byte>(256);
        var one = new ArrayBufferWriter<byte>(256);
        body.Write(head);
        using var json = new Utf8JsonWriter(one, Readable);
        foreach (RegistryError error in errors)
        {
            one.ResetWrittenCount();
            json.Reset();
            Write(json, error);
            bool first = body.WrittenCount == head.Length;
            if (!first && body.WrittenCount + 1 + one.WrittenCount + tail.Length > MaxBytes)
            {
                break;
            }

            if (!first)
            {
                body.Write(","u8);
            }

            body.Write(one.WrittenSpan);
        }

        body.Write(tail);
        return body;
    }

    private static void Write(Utf8JsonWriter json, RegistryError error)
    {
        json.WriteStartObject();
        json.WriteString("code", ErrorCodes.Text(error.Code));
        json.WriteString("message", error.Message);
        if (error.Detail is { } detail)
        {
            json.WriteString("detail", detail);
        }

        json.WriteEndObject();
        json.Flush();
    }
}
