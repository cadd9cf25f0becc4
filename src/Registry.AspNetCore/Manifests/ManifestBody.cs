using System.Buffers;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Errors;

namespace Registry.AspNetCore.Manifests;

/// <summary>A manifest as it was sent, in a pooled buffer that goes back when this is disposed.</summary>
internal sealed class ManifestBody : IDisposable
{
    private const int FirstBuffer = 16 * 1024;

    private byte[] _buffer;
    private int _length;

    private ManifestBody(int size) => _buffer = ArrayPool<byte>.Shared.Rent(size);

    public ReadOnlyMemory<byte> Content => _buffer.AsMemory(0, _length);

    /// <exception cref="RegistryException">The body is larger than a manifest may be.</exception>
    public static async ValueTask<ManifestBody> ReadAsync(RegistryRequest request)
    {
        int limit = request.Content.Options.MaxManifestBytes;
        long? announced = request.Http.Request.ContentLength;
        if (announced > limit)
        {
            throw TooLarge(limit);
        }

        // One byte more than allowed or announced, so that the end of the body is seen without a further buffer.
        var body = new ManifestBody((int)(announced ?? FirstBuffer) + 1);
        using var source = new ClientBody(request.Http.Request);
        try
        {
            while (true)
            {
                int read = await source.ReadAsync(body._buffer.AsMemory(body._length), request.Aborted).ConfigureAwait(false);
                if (read == 0)
                {
                    return body;
                }

                body._length += read;
                if (body._length > limit)
                {
                    throw TooLarge(limit);
                }

                if (body._length == body._buffer.Length)
                {
                    body.Grow(limit);
                }
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private void Grow(int limit)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(_buffer.Length * 2, limit + 1));
        Content.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private static RegistryException TooLarge(int limit) => new(RegistryErrorCode.ManifestTooLarge, $"A manifest may have at most {limit} bytes.");
}
