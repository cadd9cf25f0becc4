using System.Net;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>A body sent in small pieces, so that a kill can fall between two of them.</summary>
internal sealed class PiecewiseContent(ReadOnlyMemory<byte> content, bool knownLength, Action<int> sent) : HttpContent
{
    private const int PieceLength = 16 * 1024;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var offset = 0; offset < content.Length; offset += PieceLength)
        {
            var piece = content[offset..Math.Min(content.Length, offset + PieceLength)];
            // Counted before it is written: of a write that fails, the server may have got everything.
            sent(piece.Length);
            await stream.WriteAsync(piece, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override bool TryComputeLength(out long length)
    {
        length = content.Length;
        return knownLength;
    }
}
