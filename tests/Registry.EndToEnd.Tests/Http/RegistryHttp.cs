using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Registry.EndToEnd.Tests.Http;

/// <summary>A manifest as the registry served it.</summary>
public sealed record ServedManifest(string Digest, string MediaType, byte[] Content);

/// <summary>The registry's protocol, spoken without any client in between: what the tests check clients' claims against.</summary>
public sealed class RegistryHttp : IDisposable
{
    public static readonly IReadOnlyList<string> ManifestTypes =
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];

    public RegistryHttp(Uri url)
    {
        // Loopback only, so no proxy; and each registry of the tests has its own connections, which its death breaks.
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = true })
        {
            BaseAddress = url,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public HttpClient Client { get; }

    public static string Sha256(ReadOnlySpan<byte> content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    public async Task<HttpStatusCode> PingAsync(CancellationToken cancellationToken)
    {
        using var response = await Client.GetAsync("/v2/", cancellationToken);
        return response.StatusCode;
    }

    /// <summary>The manifest, checked against its digest; null when there is none.</summary>
    public async Task<ServedManifest?> FindManifestAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{repository}/manifests/{reference}");
        foreach (var type in ManifestTypes)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        using var response = await Client.SendAsync(request, cancellationToken);
        var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        await ExpectAsync(response, HttpStatusCode.OK);
        var digest = Sha256(content);
        Assert.Equal(digest, Assert.Single(response.Headers.GetValues("Docker-Content-Digest")));
        if (reference.Contains(':', StringComparison.Ordinal))
        {
            Assert.Equal(reference, digest);
        }

        return new ServedManifest(digest, response.Content.Headers.ContentType!.MediaType!, content);
    }

    /// <summary>The manifest, checked against its digest.</summary>
    public async Task<ServedManifest> GetManifestAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        var manifest = await FindManifestAsync(repository, reference, cancellationToken);
        Assert.True(manifest is not null, $"{repository}:{reference} is not there");
        return manifest;
    }

    /// <summary>The blob's length when it is there and whole, null when it is absent; fails when its bytes are others than its digest says.</summary>
    public async Task<long?> FindBlobAsync(string repository, string digest, CancellationToken cancellationToken)
    {
        var path = $"/v2/{repository}/blobs/{digest}";
        using var response = await Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        await ExpectAsync(response, HttpStatusCode.OK);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var actual = "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(body, cancellationToken));
        Assert.True(digest == actual, $"GET {path} gave bytes of {actual}");

        var length = await FindBlobLengthAsync(repository, digest, cancellationToken);
        Assert.Equal(response.Content.Headers.ContentLength, length);
        return length;
    }

    /// <summary>The blob's length by HEAD; null when it is absent.</summary>
    public async Task<long?> FindBlobLengthAsync(string repository, string digest, CancellationToken cancellationToken)
    {
        using var response = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v2/{repository}/blobs/{digest}"), cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        await ExpectAsync(response, HttpStatusCode.OK);
        return response.Content.Headers.ContentLength;
    }

    /// <summary>Uploads a blob with POST and PUT.</summary>
    public async Task PushBlobAsync(string repository, byte[] content, CancellationToken cancellationToken)
    {
        using var started = await Client.PostAsync($"/v2/{repository}/blobs/uploads/", null, cancellationToken);
        await ExpectAsync(started, HttpStatusCode.Accepted);
        using var body = new ByteArrayContent(content);
        using var finished = await Client.PutAsync(new Uri(Client.BaseAddress!, $"{started.Headers.Location}?digest={Sha256(content)}"), body, cancellationToken);
        await ExpectAsync(finished, HttpStatusCode.Created);
    }

    /// <summary>Puts a manifest under a tag or its digest.</summary>
    public async Task PushManifestAsync(string repository, string reference, string mediaType, byte[] content, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };
        using var response = await Client.PutAsync($"/v2/{repository}/manifests/{reference}", body, cancellationToken);
        await ExpectAsync(response, HttpStatusCode.Created);
    }

    /// <summary>Deletes a manifest or tag (<c>manifests/...</c>) or a blob (<c>blobs/...</c>) of a repository, which has to be there.</summary>
    public async Task DeleteAsync(string repository, string what, CancellationToken cancellationToken)
    {
        using var response = await Client.DeleteAsync($"/v2/{repository}/{what}", cancellationToken);
        await ExpectAsync(response, HttpStatusCode.Accepted);
    }

    /// <summary>
    /// Pulls a manifest and everything that it names, through all levels, and checks every digest and size. Returns the
    /// digests of all manifests and blobs.
    /// </summary>
    public async Task<IReadOnlySet<string>> PullWholeAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>();
        await PullWholeAsync(repository, reference, seen, cancellationToken);
        return seen;
    }

    /// <summary>All tags, through all pages; empty when the repository does not exist.</summary>
    public async Task<IReadOnlyList<string>> GetTagsAsync(string repository, CancellationToken cancellationToken)
    {
        var tags = new List<string>();
        var next = $"/v2/{repository}/tags/list";
        while (next is not null)
        {
            using var response = await Client.GetAsync(next, cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return tags;
            }

            await ExpectAsync(response, HttpStatusCode.OK);
            using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            if (body.RootElement.GetProperty("tags") is { ValueKind: JsonValueKind.Array } page)
            {
                tags.AddRange(page.EnumerateArray().Select(tag => tag.GetString()!));
            }

            next = response.Headers.TryGetValues("Link", out var links) ? links.First().Split('<', '>')[1] : null;
        }

        return tags;
    }

    /// <summary>
    /// Fails, with all of the answer, when its status is another than <paramref name="status"/>. A proxy's 502 says that the host behind it broke off, so it is thrown as what a broken connection throws.
    /// </summary>
    public static async Task ExpectAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        if (response.StatusCode == HttpStatusCode.BadGateway)
        {
            throw new HttpRequestException(await DescribeAsync(response));
        }

        if (response.StatusCode != status)
        {
            Assert.Fail($"Expected {(int)status}:\n{await DescribeAsync(response)}");
        }
    }

    /// <summary>Request, status, headers and the start of the body, for the message of a test that failed.</summary>
    public static async Task<string> DescribeAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        return $"""
            {response.RequestMessage?.Method} {response.RequestMessage?.RequestUri}
            {(int)response.StatusCode} {response.StatusCode}
            {response.Headers}{response.Content.Headers}
            {body[..Math.Min(body.Length, 2000)]}
            """;
    }

    public void Dispose() => Client.Dispose();

    private async Task PullWholeAsync(string repository, string reference, HashSet<string> seen, CancellationToken cancellationToken)
    {
        var manifest = await GetManifestAsync(repository, reference, cancellationToken);
        if (!seen.Add(manifest.Digest))
        {
            return;
        }

        using var json = JsonDocument.Parse(manifest.Content);
        if (json.RootElement.TryGetProperty("manifests", out var children))
        {
            foreach (var child in children.EnumerateArray())
            {
                await PullWholeAsync(repository, child.GetProperty("digest").GetString()!, seen, cancellationToken);
            }

            return;
        }

        foreach (var descriptor in json.RootElement.GetProperty("layers").EnumerateArray().Prepend(json.RootElement.GetProperty("config")))
        {
            var digest = descriptor.GetProperty("digest").GetString()!;
            if (seen.Add(digest))
            {
                var length = await FindBlobAsync(repository, digest, cancellationToken);
                Assert.True(length is not null, $"{repository}:{reference} names the blob {digest}, which is not there");
                Assert.Equal(descriptor.GetProperty("size").GetInt64(), length);
            }
        }
    }
}
