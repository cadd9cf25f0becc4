using System.Buffers;
using Registry.AspNetCore.Routing;

namespace Registry.AspNetCore.Blobs;

/// <summary>Copies a blob's bytes to the client through one pooled buffer.</summary>
internal static class BlobSender
{
    private const int BufferBytes = 128 * 1024;

    public static async Task SendAsync(RegistryRequest request, Stream source, long length)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferBytes, Math.Max(length, 1)));
        try
        {
            long left = length;
            while (left > 0)
            {
                int read = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), request.Aborted).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new InvalidDataException($"The stored data ended {left} bytes before its length.");
                }

                await request.Response.Body.WriteAsync(buffer.AsMemory(0, read), request.Aborted).ConfigureAwait(false);
                left -= read;
            }

            request.Metrics.Sent(length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
