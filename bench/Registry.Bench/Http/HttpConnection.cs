using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Registry.Bench.Http;

/// <summary>
/// One keep-alive HTTP/1.1 connection, used by one thread at a time. The calls block and the buffers are used again: that is the cheapest
/// client there is, and whatever the client costs is taken from the server, which runs on the same cores.
/// </summary>
internal sealed class HttpConnection(ServerEndpoint endpoint) : IDisposable
{
    private const int ReceiveBufferSize = 256 * 1024;

    /// <summary>Writes up to this size travel together with what is waiting, as one segment.</summary>
    private const int CoalesceLimit = 16 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly ByteWriter pending = new(CoalesceLimit + 4096);
    private readonly byte[] received = GC.AllocateUninitializedArray<byte>(ReceiveBufferSize, pinned: true);
    private Socket? socket;
    private int start;
    private int end;
    private volatile bool disposed;

    public ResponseHead Response { get; } = new();

    public void Connect()
    {
        Disconnect();
        ObjectDisposedException.ThrowIf(disposed, this);
        socket = new Socket(endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
            SendTimeout = (int)Patience.TotalMilliseconds,
        };
        socket.Connect(endpoint.Address);
    }

    /// <summary>Starts a request; headers, <see cref="EndHead"/> and the body follow.</summary>
    public void Begin(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target)
    {
        if (socket is null || Response.IsLastOnConnection)
        {
            Connect();
        }

        pending.Append(method).Append(" "u8).Append(target).Append(" HTTP/1.1\r\nHost: "u8).Append(endpoint.Host).Append("\r\n"u8);
        if (!endpoint.Authorization.IsEmpty)
        {
            Header("Authorization"u8, endpoint.Authorization);
        }
    }

    public void Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        pending.Append(name).Append(": "u8).Append(value).Append("\r\n"u8);

    public void ContentLength(long length) => pending.Append("Content-Length: "u8).Append(length).Append("\r\n"u8);

    public void EndHead() => pending.Append("\r\n"u8);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= CoalesceLimit - pending.Length)
        {
            pending.Append(bytes);
            return;
        }

        Flush();
        Send(bytes);
    }

    /// <summary>Sends what is still waiting and reads the head of the final response.</summary>
    public ResponseHead ReadHead()
    {
        Flush();
        do
        {
            var length = FillUntilEndOfHead();
            Response.Parse(received.AsSpan(start, length + 2));
            start += length + 4;
        }
        while (Response.Status is >= 100 and < 200);

        return Response;
    }

    /// <summary>Reads the body of the response to anything but a HEAD, and returns its length in bytes.</summary>
    /// <param name="reader">Sees every part of the body in order; null to drop it.</param>
    public long ReadBody(Action<ReadOnlySpan<byte>>? reader = null)
    {
        if (Response.Status is 204 or 304)
        {
            return 0;
        }

        if (Response.IsChunked)
        {
            return ReadChunks(reader);
        }

        if (Response.ContentLength < 0)
        {
            throw new ProtocolException("The response has neither Content-Length nor chunks.");
        }

        ReadExactly(Response.ContentLength, reader);
        return Response.ContentLength;
    }

    public void Dispose()
    {
        disposed = true;
        Disconnect();
    }

    private void Disconnect()
    {
        socket?.Dispose();
        socket = null;
        start = end = 0;
        pending.Clear();
    }

    private void Flush()
    {
        if (pending.Length > 0)
        {
            Send(pending.Written);
            pending.Clear();
        }
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket!.Send(bytes, SocketFlags.None)..];
        }
    }

    private int FillUntilEndOfHead()
    {
        while (true)
        {
            var length = received.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8);
            if (length >= 0)
            {
                return length;
            }

            Fill();
        }
    }

    private void Fill()
    {
        if (start == end)
        {
            start = end = 0;
        }
        else if (end == received.Length)
        {
            if (start == 0)
            {
                throw new ProtocolException($"A line or head of more than {received.Length} bytes.");
            }

            received.AsSpan(start, end - start).CopyTo(received);
            end -= start;
            start = 0;
        }

        var count = socket!.Receive(received.AsSpan(end), SocketFlags.None);
        if (count == 0)
        {
            throw new ProtocolException("The server closed the connection in the middle of a response.");
        }

        end += count;
    }

    private void ReadExactly(long length, Action<ReadOnlySpan<byte>>? reader)
    {
        while (length > 0)
        {
            if (start == end)
            {
                Fill();
            }

            var part = (int)Math.Min(length, end - start);
            reader?.Invoke(received.AsSpan(start, part));
            start += part;
            length -= part;
        }
    }

    private long ReadChunks(Action<ReadOnlySpan<byte>>? reader)
    {
        var total = 0L;
        while (true)
        {
            var line = ReadLine();
            if (!Utf8Parser.TryParse(line, out long size, out var digits, 'x') || digits == 0)
            {
                throw new ProtocolException($"Not a chunk size: '{Encoding.Latin1.GetString(line)}'.");
            }

            ReadExactly(size, reader);
            total += size;
            if (!ReadLine().IsEmpty)
            {
                throw new ProtocolException("A chunk is longer than it said, or has trailers.");
            }

            if (size == 0)
            {
                return total;
            }
        }
    }

    private ReadOnlySpan<byte> ReadLine()
    {
        int length;
        while ((length = received.AsSpan(start, end - start).IndexOf("\r\n"u8)) < 0)
        {
            Fill();
        }

        var line = received.AsSpan(start, length);
        start += length + 2;
        return line;
    }
}
