using System.Buffers.Text;
using System.Text;

namespace Registry.Bench.Http;

/// <summary>The parts of a response's head that the workloads look at, parsed in place and kept in buffers that are used again.</summary>
internal sealed class ResponseHead
{
    private readonly ByteWriter location = new(1024);
    private readonly ByteWriter nextPage = new(256);

    public int Status { get; private set; }

    /// <summary>In bytes; -1 where the server did not say.</summary>
    public long ContentLength { get; private set; }

    public bool IsChunked { get; private set; }

    public bool IsLastOnConnection { get; private set; }

    /// <summary>The request target of <c>Location</c>, without scheme and authority; empty where there is none.</summary>
    public ReadOnlySpan<byte> Location => location.Written;

    /// <summary>The request target of <c>Link: ...; rel="next"</c>; empty on the last page.</summary>
    public ReadOnlySpan<byte> NextPage => nextPage.Written;

    /// <param name="head">Status line and header lines, each with its line end, without the empty line.</param>
    public void Parse(ReadOnlySpan<byte> head)
    {
        ContentLength = -1;
        IsChunked = false;
        IsLastOnConnection = false;
        location.Clear();
        nextPage.Clear();

        var line = TakeLine(ref head);
        if (!line.StartsWith("HTTP/1."u8) || line.Length < 12 || !Utf8Parser.TryParse(line.Slice(9, 3), out int status, out _))
        {
            throw new ProtocolException($"Not a status line: '{Encoding.Latin1.GetString(line)}'.");
        }

        Status = status;
        IsLastOnConnection = line[7] == (byte)'0';
        while (!head.IsEmpty)
        {
            ParseHeader(TakeLine(ref head));
        }
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n"u8);
        var line = head[..end];
        head = head[(end + 2)..];
        return line;
    }

    private void ParseHeader(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            throw new ProtocolException($"Not a header: '{Encoding.Latin1.GetString(line)}'.");
        }

        var name = line[..colon];
        var value = line[(colon + 1)..].Trim((byte)' ');
        if (Ascii.EqualsIgnoreCase(name, "Content-Length"u8))
        {
            ContentLength = Utf8Parser.TryParse(value, out long length, out _) ? length : -1;
        }
        else if (Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8))
        {
            IsChunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
        }
        else if (Ascii.EqualsIgnoreCase(name, "Connection"u8))
        {
            IsLastOnConnection = Ascii.EqualsIgnoreCase(value, "close"u8);
        }
        else if (Ascii.EqualsIgnoreCase(name, "Location"u8))
        {
            location.Set(TargetOf(value));
        }
        else if (Ascii.EqualsIgnoreCase(name, "Link"u8) && value.IndexOf("rel=\"next\""u8) > 0)
        {
            nextPage.Set(TargetOf(value[(value.IndexOf((byte)'<') + 1)..value.IndexOf((byte)'>')]));
        }
    }

    private static ReadOnlySpan<byte> TargetOf(ReadOnlySpan<byte> url)
    {
        var authority = url.IndexOf("://"u8);
        if (url.StartsWith("/"u8) || authority < 0)
        {
            return url;
        }

        var rest = url[(authority + 3)..];
        var path = rest.IndexOf((byte)'/');
        return path < 0 ? "/"u8 : rest[path..];
    }
}
