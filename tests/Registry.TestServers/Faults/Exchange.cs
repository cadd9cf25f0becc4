using System.Net.Sockets;

namespace Registry.TestServers.Faults;

/// <summary>One request and its answer, and what goes wrong between them.</summary>
internal sealed class Exchange(Wire client, ProxiedRequest request, byte[] head, Func<CancellationToken, ValueTask<Wire>> connect, Action<Fault> report)
{
    private static readonly byte[] Continue = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    /// <summary>Runs it.</summary>
    /// <returns>Whether the client's connection can take another request.</returns>
    public async Task<bool> RunAsync(Fault? fault, CancellationToken cancellationToken)
    {
        if (string.Equals(request.Header("Expect"), "100-continue", StringComparison.OrdinalIgnoreCase))
        {
            // What the server says to that is not passed on: the body has to come whatever happens to it.
            await client.WriteAsync(Continue, cancellationToken);
        }

        switch (fault?.Kind)
        {
            case FaultKind.BreakRequest:
                await SendPartAsync(fault.Bytes, cancellationToken);
                report(fault);
                client.Cut();
                return false;

            case FaultKind.StallRequest:
                await StallAsync(fault, cancellationToken);
                return false;

            case FaultKind.Answer:
                await foreach (ReadOnlyMemory<byte> _ in BodyAsync(cancellationToken))
                {
                    // It has to be sent before an answer is read.
                }

                return await AnswerAsync(fault, cancellationToken);

            case FaultKind.Duplicate:
                return await DuplicateAsync(fault, cancellationToken);

            case FaultKind.HoldRequest:
                report(fault);
                await fault.Until.WaitAsync(cancellationToken);
                break;
        }

        using Wire server = await connect(cancellationToken);
        Task sending = SendAsync(server, cancellationToken);
        (byte[] answerHead, string status, Dictionary<string, string> headers) = await ReadAnswerAsync(server, cancellationToken);
        IAsyncEnumerable<ReadOnlyMemory<byte>> answerBody = AnswerBodyAsync(server, status, headers, cancellationToken);
        switch (fault?.Kind)
        {
            case FaultKind.LoseAnswer or FaultKind.AnswerAfterwards:
                await foreach (ReadOnlyMemory<byte> _ in answerBody)
                {
                    // The server has done all of it.
                }

                await sending;
                if (fault.Kind == FaultKind.AnswerAfterwards)
                {
                    return await AnswerAsync(fault, cancellationToken);
                }

                report(fault);
                client.Cut();
                return false;

            case FaultKind.HoldAnswer:
                report(fault);
                await fault.Until.WaitAsync(cancellationToken);
                break;
        }

        await client.WriteAsync(answerHead, cancellationToken);
        if (!await RelayAsync(answerBody, fault, cancellationToken))
        {
            return false;
        }

        await sending;
        return !(headers.TryGetValue("Connection", out string? connection) && connection.Contains("close", StringComparison.OrdinalIgnoreCase))
            && (status is "204" or "304" || request.Method == "HEAD" || headers.ContainsKey("Content-Length") || headers.ContainsKey("Transfer-Encoding"));
    }

    private IAsyncEnumerable<ReadOnlyMemory<byte>> BodyAsync(CancellationToken cancellationToken) => client.ReadBodyAsync(request.Headers, mayLastUntilClose: false, cancellationToken);

    private IAsyncEnumerable<ReadOnlyMemory<byte>> AnswerBodyAsync(Wire server, string status, Dictionary<string, string> headers, CancellationToken cancellationToken) =>
        status is "204" or "304" || request.Method == "HEAD"
            ? server.ReadBodyAsync(new Dictionary<string, string>(), mayLastUntilClose: false, cancellationToken)
            : server.ReadBodyAsync(headers, mayLastUntilClose: true, cancellationToken);

    private async Task SendAsync(Wire server, CancellationToken cancellationToken)
    {
        bool taken = await TrySendAsync(server, head, cancellationToken);
        try
        {
            await foreach (ReadOnlyMemory<byte> piece in BodyAsync(cancellationToken))
            {
                taken = taken && await TrySendAsync(server, piece, cancellationToken);
            }
        }
        catch
        {
            // The client hung up in the middle of the body: then so does the proxy, which is waiting for the answer.
            server.Cut();
            throw;
        }
    }

    // A server may answer and hang up without the rest, which the client sends all the same.
    private static async ValueTask<bool> TrySendAsync(Wire server, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await server.WriteAsync(bytes, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async ValueTask<(byte[] Head, string Status, Dictionary<string, string> Headers)> ReadAnswerAsync(Wire server, CancellationToken cancellationToken)
    {
        while (true)
        {
            byte[] answer = await server.ReadHeadAsync(cancellationToken) ?? throw new EndOfStreamException("The server hung up instead of answering.");
            (string[] start, Dictionary<string, string> headers) = ProxiedRequest.ParseHead(answer);
            if (!start[1].StartsWith('1'))
            {
                return (answer, start[1], headers);
            }
        }
    }

    private async ValueTask<bool> AnswerAsync(Fault fault, CancellationToken cancellationToken)
    {
        report(fault);
        await client.WriteAsync(fault.Instead!.ToBytes(withBody: request.Method != "HEAD"), cancellationToken);
        return true;
    }

    private async ValueTask<bool> DuplicateAsync(Fault fault, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        whole.Write(head);
        await foreach (ReadOnlyMemory<byte> piece in BodyAsync(cancellationToken))
        {
            whole.Write(piece.Span);
        }

        for (int time = 1; ; time++)
        {
            using Wire server = await connect(cancellationToken);
            await server.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length), cancellationToken);
            (byte[] answerHead, string status, Dictionary<string, string> headers) = await ReadAnswerAsync(server, cancellationToken);
            IAsyncEnumerable<ReadOnlyMemory<byte>> body = AnswerBodyAsync(server, status, headers, cancellationToken);
            if (time == 2)
            {
                report(fault);
                await client.WriteAsync(answerHead, cancellationToken);
                await RelayAsync(body, null, cancellationToken);

                // Nothing says whether the client may go on with it.
                return false;
            }

            await foreach (ReadOnlyMemory<byte> _ in body)
            {
                // The server has done all of it.
            }
        }
    }

    /// <summary>Sends the head and some bytes of the body, and hangs up; or nothing at all where the number is negative.</summary>
    private async ValueTask SendPartAsync(long bodyBytes, CancellationToken cancellationToken)
    {
        if (bodyBytes < 0)
        {
            await foreach (ReadOnlyMemory<byte> _ in BodyAsync(cancellationToken))
            {
                // Lost.
            }

            return;
        }

        using Wire server = await connect(cancellationToken);
        await SendPartAsync(server, bodyBytes, cancellationToken);
    }

    private async ValueTask SendPartAsync(Wire server, long bodyBytes, CancellationToken cancellationToken)
    {
        await server.WriteAsync(head, cancellationToken);
        if (bodyBytes == 0)
        {
            return;
        }

        await foreach (ReadOnlyMemory<byte> piece in BodyAsync(cancellationToken))
        {
            int count = (int)Math.Min(piece.Length, bodyBytes);
            await server.WriteAsync(piece[..count], cancellationToken);
            bodyBytes -= count;
            if (bodyBytes == 0)
            {
                break;
            }
        }
    }

    private async ValueTask StallAsync(Fault fault, CancellationToken cancellationToken)
    {
        using Wire server = await connect(cancellationToken);
        await SendPartAsync(server, fault.Bytes, cancellationToken);
        report(fault);
        await client.WaitForCloseAsync(cancellationToken);
    }

    /// <summary>Passes an answer's body on, as far as the fault lets it.</summary>
    /// <returns>Whether all of it was.</returns>
    private async ValueTask<bool> RelayAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> body, Fault? fault, CancellationToken cancellationToken)
    {
        bool isCut = fault?.Kind is FaultKind.BreakAnswer or FaultKind.StallAnswer;
        long left = isCut ? fault!.Bytes : long.MaxValue;
        await foreach (ReadOnlyMemory<byte> piece in body)
        {
            if (piece.Length > left)
            {
                await client.WriteAsync(piece[..(int)left], cancellationToken);
                report(fault!);
                if (fault!.Kind == FaultKind.StallAnswer)
                {
                    await client.WaitForCloseAsync(cancellationToken);
                }

                return false;
            }

            await client.WriteAsync(piece, cancellationToken);
            left -= piece.Length;
        }

        return true;
    }
}
