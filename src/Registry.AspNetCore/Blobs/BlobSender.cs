using System.Buffers;
using System.IO.Pipelines;
using Registry.AspNetCore.Routing;

namespace Registry.AspNetCore.Blobs;

/// <summary>Reads a blob's bytes into the server's own buffers, so that they are copied no more than once.</summary>
internal static class BlobSender
{
    private const int BufferBytes = 128 * 1024;
    private const int FirstBytes = 16 * 1024;

    public static async Task SendAsync(RegistryRequest request, Stream source, long length)
    {
        long left = length - await SendFirstAsync(request, source, length).ConfigureAwait(false);
        PipeWriter writer = request.Response.BodyWriter;
        while (left > 0)
        {
            int wanted = (int)Math.Min(BufferBytes, left);
            int read = await ReadAsync(request, source, writer.GetMemory(wanted)[..wanted], left).ConfigureAwait(false);
            writer.Advance(read);

            // That the client has gone shows in the request's token.
            await writer.FlushAsync(request.Aborted).ConfigureAwait(false);
            left -= read;
        }

        request.Metrics.Sent(length);
    }

    // Before the head is sent the server hands out buffers that it copies later; and once it is sent, a store that cannot be read can no longer be told of.
    private static async ValueTask<int> SendFirstAsync(RegistryRequest request, Stream source, long length)
    {
        if (request.Response.HasStarted)
        {
            return 0;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
        try
        {
            int read = length == 0 ? 0 : await ReadAsync(request, source, buffer.AsMemory(0, (int)Math.Min(FirstBytes, length)), length).ConfigureAwait(false);
            await request.Response.Body.WriteAsync(buffer.AsMemory(0, read), request.Aborted).ConfigureAwait(false);
            return read;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<int> ReadAsync(RegistryRequest request, Stream source, Memory<byte> buffer, long left)
    {
        int read = await source.ReadAsync(buffer, request.Aborted).ConfigureAwait(false);
        return read > 0 ? read : throw new InvalidDataException($"The stored data ended {left} bytes before its length.");
    }
}
