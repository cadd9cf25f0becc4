using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>One connection on which anything can be sent, also what no HTTP client sends. Every wait has a bound.</summary>
public sealed class RawHttp : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly CancellationTokenSource _bound;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RawHttp(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _bound.CancelAfter(Bound);
    }

    public static async Task<RawHttp> ConnectAsync(RegistryHost host)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.Address.Port), TestContext.Current.CancellationToken);
        return new RawHttp(socket);
    }

    /// <summary>Sends one request on a connection of its own.</summary>
    public static async Task<Answer> SendAsync(RegistryHost host, string requestLine, params string[] headers)
    {
        using RawHttp connection = await ConnectAsync(host);
        return await connection.ExchangeAsync(requestLine, headers);
    }

    /// <summary>Sends a request without a body and reads its answer.</summary>
    public async Task<Answer> ExchangeAsync(string requestLine, params string[] headers)
    {
        await SendHeadAsync(requestLine, headers);
        return await ReadAsync(toHead: requestLine.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    /// <summary>Sends a request line and headers; a Host header comes by itself.</summary>
    public Task SendHeadAsync(string requestLine, params string[] headers) =>
        SendAsync($"{requestLine} HTTP/1.1\r\nHost: registry.test\r\n{string.Concat(headers.Select(static header => header + "\r\n"))}\r\n");

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes, _bound.Token).AsTask();

    public Task SendChunkAsync(byte[] bytes) =>
        SendAsync([.. Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"), .. bytes, .. "\r\n"u8]);

    public Task SendLastChunkAsync() => SendAsync("0\r\n\r\n");

    public async Task<Answer> ReadAsync(bool toHead = false)
    {
        (int status, ILookup<string, string> headers) = await ReadHeadAsync();
        return new Answer(status, headers, toHead || status is < 200 or 204 or 304 ? [] : await ReadBodyAsync(new Answer(status, headers, [])));
    }

    /// <summary>Reads an answer up to some bytes of its body.</summary>
    public async Task<byte[]> ReadBodyPartAsync(int count)
    {
        await ReadHeadAsync();
        return await ReadBytesAsync(count);
    }

    /// <summary>Whether the server ends the connection, with nothing more sent on it.</summary>
    public async Task<bool> IsEndedByServerAsync()
    {
        try
        {
            return _start == _end && await FillAsync() == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Ends the connection as a crash does.</summary>
    public void Break()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _stream.Dispose();
        _bound.Dispose();
    }

    private async Task<(int Status, ILookup<string, string> Headers)> ReadHeadAsync()
    {
        string statusLine = await ReadLineAsync();
        Assert.StartsWith("HTTP/1.1 ", statusLine, StringComparison.Ordinal);
        var headers = new List<(string Name, string Value)>();
        for (string line = await ReadLineAsync(); line.Length > 0; line = await ReadLineAsync())
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add((line[..colon], line[(colon + 1)..].Trim()));
        }

        return (
            int.Parse(statusLine.AsSpan(9, 3), CultureInfo.InvariantCulture),
            headers.ToLookup(static header => header.Name, static header => header.Value, StringComparer.OrdinalIgnoreCase));
    }

    private async Task<byte[]> ReadBodyAsync(Answer answer)
    {
        if (answer["Transfer-Encoding"] == "chunked")
        {
            var body = new List<byte>();
            while (true)
            {
                int size = int.Parse(await ReadLineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                body.AddRange(await ReadBytesAsync(size));
                Assert.Equal("", await ReadLineAsync());
                if (size == 0)
                {
                    return [.. body];
                }
            }
        }

        Assert.True(answer["Content-Length"] is not null, $"A client cannot tell where the body of this {answer.Status} ends.");
        return await ReadBytesAsync(int.Parse(answer["Content-Length"]!, CultureInfo.InvariantCulture));
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && await FillAsync() == 0)
            {
                throw new EndOfStreamException($"The connection ended after '{line}'.");
            }

            char c = (char)_buffer[_start++];
            if (c == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(c);
        }
    }

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        byte[] bytes = new byte[count];
        int read = 0;
        while (read < count)
        {
            if (_start == _end && await FillAsync() == 0)
            {
                throw new EndOfStreamException($"The connection ended {count - read} bytes before the end of the body.");
            }

            int part = Math.Min(count - read, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(bytes.AsSpan(read));
            _start += part;
            read += part;
        }

        return bytes;
    }

    private async Task<int> FillAsync()
    {
        _start = 0;
        _end = 0;
        _end = await _stream.ReadAsync(_buffer, _bound.Token);
        return _end;
    }
}
