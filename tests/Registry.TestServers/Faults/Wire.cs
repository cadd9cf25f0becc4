using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace Registry.TestServers.Faults;

/// <summary>One end of an HTTP/1.1 connection, as bytes: what is forwarded is what came.</summary>
internal sealed class Wire : IDisposable
{
    private const int LongestHead = 64 * 1024;

    private readonly Socket socket;
    private readonly byte[] buffer = new byte[LongestHead];
    private int start;
    private int end;

    public Wire(Socket socket)
    {
        this.socket = socket;
        socket.NoDelay = true;
    }

    /// <summary>The start line and the headers, with the empty line behind them; null where the other side has hung up.</summary>
    public async ValueTask<byte[]?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int length = buffer.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8);
            if (length >= 0)
            {
                byte[] head = buffer.AsSpan(start, length + 4).ToArray();
                start += head.Length;
                return head;
            }

            if (!await FillAsync(cancellationToken))
            {
                return null;
            }
        }
    }

    /// <summary>The body behind a head, in pieces, with the framing of chunks where it has that. Throws where it ends early.</summary>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadBodyAsync(IReadOnlyDictionary<string, string> headers, bool mayLastUntilClose, CancellationToken cancellationToken)
    {
        if (headers.TryGetValue("Transfer-Encoding", out string? coding) && coding.Contains("chunked", StringComparison.OrdinalIgnoreCase))
        {
            return ReadChunksAsync(cancellationToken);
        }

        return headers.TryGetValue("Content-Length", out string? length) ? ReadCountAsync(long.Parse(length, CultureInfo.InvariantCulture), cancellationToken)
            : mayLastUntilClose ? ReadToCloseAsync(cancellationToken)
            : ReadCountAsync(0, cancellationToken);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    /// <summary>Reads and drops whatever comes until the other side hangs up.</summary>
    public async ValueTask WaitForCloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                start = end;
            }
            while (await FillAsync(cancellationToken));
        }
        catch (SocketException)
        {
            // Hung up all the same.
        }
    }

    /// <summary>Breaks the connection: the other side gets a reset.</summary>
    public void Cut()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    /// <summary>Hangs up, so that the other side still gets what was sent.</summary>
    public void Dispose() => socket.Dispose();

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadCountAsync(long count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            ReadOnlyMemory<byte> piece = await ReadSomeAsync(count, cancellationToken);
            count -= piece.Length;
            yield return piece;
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadToCloseAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (start < end || await FillAsync(cancellationToken))
        {
            yield return await ReadSomeAsync(long.MaxValue, cancellationToken);
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadChunksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long size;
        do
        {
            byte[] line = await ReadLineAsync(cancellationToken);
            size = long.Parse(Encoding.ASCII.GetString(line).Split(';')[0].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            yield return line;
            await foreach (ReadOnlyMemory<byte> piece in ReadCountAsync(size > 0 ? size + 2 : 0, cancellationToken))
            {
                yield return piece;
            }
        }
        while (size > 0);

        // Trailers, up to an empty line.
        byte[] trailer;
        do
        {
            trailer = await ReadLineAsync(cancellationToken);
            yield return trailer;
        }
        while (trailer.Length > 2);
    }

    private async ValueTask<byte[]> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int length = buffer.AsSpan(start, end - start).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                byte[] line = buffer.AsSpan(start, length + 2).ToArray();
                start += line.Length;
                return line;
            }

            await RequireAsync(cancellationToken);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadSomeAsync(long most, CancellationToken cancellationToken)
    {
        if (start == end)
        {
            await RequireAsync(cancellationToken);
        }

        ReadOnlyMemory<byte> piece = buffer.AsMemory(start, (int)Math.Min(most, end - start));
        start += piece.Length;
        return piece;
    }

    private async ValueTask RequireAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken))
        {
            throw new EndOfStreamException("The other side hung up in the middle of a message.");
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        if (end == buffer.Length)
        {
            throw new InvalidDataException("A head or a line is too long.");
        }

        int count = await socket.ReceiveAsync(buffer.AsMemory(end), cancellationToken);
        end += count;
        return count > 0;
    }
}
