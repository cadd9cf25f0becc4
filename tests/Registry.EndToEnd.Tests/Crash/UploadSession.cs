using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>How a blob's bytes are sent; clients do each of these.</summary>
internal enum UploadStyle
{
    /// <summary>POST, then everything in the PUT: containerd, oras.</summary>
    SinglePut,

    /// <summary>POST, one PATCH of unknown length, an empty PUT: docker, podman.</summary>
    StreamedPatch,

    /// <summary>POST, PATCH chunks with Content-Range, an empty PUT: the .NET SDK.</summary>
    Chunks,

    /// <summary>The same with the last chunk in the PUT.</summary>
    ChunksAndLastInPut,
}

/// <summary>The registry has dropped an upload that nobody went on with for long enough.</summary>
internal sealed class UploadDroppedException(string message) : Exception(message);

/// <summary>One blob's upload, which knows at any time what it has sent and what was acknowledged.</summary>
/// <param name="repository">Where to.</param>
/// <param name="content">The blob.</param>
/// <param name="fuse">Told of every step.</param>
/// <param name="mayBeDropped">Whether the registry drops uploads so soon that it may drop this one; then <see cref="UploadDroppedException"/> says so.</param>
internal sealed class UploadSession(string repository, byte[] content, Fuse fuse, bool mayBeDropped = false)
{
    private string? _location;

    /// <summary>The session's address, without the host: any may serve it.</summary>
    public string Location => _location ?? throw new InvalidOperationException("not started");

    public string Digest { get; } = RegistryHttp.Sha256(content);

    /// <summary>Bytes that an answer to a PATCH has acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Bytes that may have arrived.</summary>
    public int Sent { get; private set; }

    /// <summary>The closing PUT was sent, so that the session may have ended.</summary>
    public bool Closing { get; private set; }

    public async Task UploadAsync(HttpClient client, UploadStyle style, int chunkLength, CancellationToken cancellationToken)
    {
        await StartAsync(client, cancellationToken);
        var last = 0;
        switch (style)
        {
            case UploadStyle.StreamedPatch:
                await PatchAsync(client, content.Length, ranged: false, cancellationToken);
                break;
            case UploadStyle.Chunks or UploadStyle.ChunksAndLastInPut:
                last = style == UploadStyle.Chunks ? 0 : Math.Min(chunkLength, content.Length);
                while (Acknowledged < content.Length - last)
                {
                    await PatchAsync(client, Math.Min(chunkLength, content.Length - last - Acknowledged), ranged: true, cancellationToken);
                }

                break;
        }

        await CloseAsync(client, cancellationToken);
    }

    /// <summary>
    /// Goes on after a restart: asks the session for its offset, sends the rest from there and closes it. False when the
    /// session is over, which it may only be if it was being closed, and the upload has to start anew.
    /// </summary>
    public async Task<bool> ResumeAsync(HttpClient client, CancellationToken cancellationToken)
    {
        if (_location is null)
        {
            return false;
        }

        if (!await AskAsync(client, cancellationToken))
        {
            return false;
        }

        if (Acknowledged < content.Length)
        {
            await PatchAsync(client, content.Length - Acknowledged, ranged: true, cancellationToken);
        }

        await CloseAsync(client, cancellationToken);
        return true;
    }

    /// <summary>Starts the session.</summary>
    public async Task StartAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var response = await client.PostAsync($"/v2/{repository}/blobs/uploads/", null, cancellationToken);
        await fuse.ExpectAsync(response, HttpStatusCode.Accepted);
        _location = new Uri(client.BaseAddress!, response.Headers.Location!).PathAndQuery;
    }

    /// <summary>Asks the session for its offset. False when it is over, which it may only be if it was being closed.</summary>
    public async Task<bool> AskAsync(HttpClient client, CancellationToken cancellationToken)
    {
        using var asked = await client.GetAsync(_location, cancellationToken);
        if (asked.StatusCode == HttpStatusCode.NotFound && Closing)
        {
            return false;
        }

        await ExpectAsync(asked, HttpStatusCode.NoContent);
        var offset = Offset(asked);
        Assert.True(offset >= Acknowledged && offset <= Sent, $"{_location} reports {offset} bytes; {Acknowledged} were acknowledged and {Sent} sent");
        _location = new Uri(client.BaseAddress!, asked.Headers.Location!).PathAndQuery;
        Acknowledged = offset;
        Sent = offset;
        return true;
    }

    /// <summary>Sends the next bytes.</summary>
    public async Task PatchAsync(HttpClient client, int length, bool ranged, CancellationToken cancellationToken)
    {
        using var body = Body(length, knownLength: ranged);
        if (ranged)
        {
            body.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{Acknowledged}-{Acknowledged + length - 1}"));
        }

        var expected = Acknowledged + length;
        using var request = new HttpRequestMessage(HttpMethod.Patch, _location) { Content = body };
        request.Headers.TransferEncodingChunked = !ranged;
        using var response = await client.SendAsync(request, cancellationToken);
        await ExpectAsync(response, HttpStatusCode.Accepted);
        Assert.Equal(expected, Offset(response));
        Acknowledged = expected;
        _location = new Uri(client.BaseAddress!, response.Headers.Location!).PathAndQuery;
    }

    /// <summary>Sends the rest, if there is any, and closes the session.</summary>
    public async Task CloseAsync(HttpClient client, CancellationToken cancellationToken)
    {
        Closing = true;
        var separator = Location.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        using var body = Body(content.Length - Acknowledged, knownLength: true);
        using var response = await client.PutAsync($"{_location}{separator}digest={Digest}", body, cancellationToken);
        await ExpectAsync(response, HttpStatusCode.Created);
    }

    private async Task ExpectAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        if (mayBeDropped && response.StatusCode == HttpStatusCode.NotFound)
        {
            fuse.Burn();
            throw new UploadDroppedException(await RegistryHttp.DescribeAsync(response));
        }

        await fuse.ExpectAsync(response, status);
    }

    private PiecewiseContent Body(int length, bool knownLength)
    {
        var body = new PiecewiseContent(content.AsMemory(Acknowledged, length), knownLength, count =>
        {
            Sent += count;
            fuse.Burn();
        });
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return body;
    }

    /// <summary>The offset of <c>Range: 0-last</c>. An empty session and one of a single byte look alike; no blob of these tests is that short.</summary>
    private static int Offset(HttpResponseMessage response)
    {
        var range = Assert.Single(response.Headers.GetValues("Range"));
        Assert.StartsWith("0-", range, StringComparison.Ordinal);
        var last = int.Parse(range["0-".Length..], CultureInfo.InvariantCulture);
        return last == 0 ? 0 : last + 1;
    }
}
