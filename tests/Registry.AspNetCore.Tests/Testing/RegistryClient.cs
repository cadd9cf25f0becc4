using System.Globalization;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>Talks to a registry as a plain HTTP client does.</summary>
public sealed class RegistryClient(HttpClient http)
{
    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, headers: headers);

    public Task<Answer> HeadAsync(string path, params (string Name, string Value)[] headers) => SendAsync("HEAD", path, headers: headers);

    public Task<Answer> PostAsync(string path, byte[]? body = null, bool chunked = false) => SendAsync("POST", path, body, chunked);

    public Task<Answer> DeleteAsync(string path) => SendAsync("DELETE", path);

    public Task<Answer> PatchAsync(string location, byte[] body, string? range = null, bool chunked = false) =>
        SendAsync("PATCH", location, body, chunked, range is null ? [] : [("Content-Range", range)]);

    public Task<Answer> FinishAsync(string location, string digest, byte[]? body = null, string? range = null, bool chunked = false) =>
        SendAsync("PUT", WithDigest(location, digest), body, chunked, range is null ? [] : [("Content-Range", range)]);

    public async Task<string> StartUploadAsync(string repository, string query = "") =>
        (await PostAsync($"/v2/{repository}/blobs/uploads/{query}")).Expect(202).Location;

    public async Task<TestBlob> PushAsync(string repository, TestBlob blob, string algorithm = "sha256")
    {
        (await FinishAsync(await StartUploadAsync(repository), blob.Digest(algorithm), blob.Content)).Expect(201);
        return blob;
    }

    public async Task<TestBlob> PushImageAsync(string repository, string reference, TestBlob? manifest = null)
    {
        if (manifest is null)
        {
            manifest = MinimalImage.Of(await PushAsync(repository, TestBlob.Of("{}")));
        }

        (await SendAsync("PUT", $"/v2/{repository}/manifests/{reference}", manifest.Content, headers: ("Content-Type", MinimalImage.MediaType))).Expect(201);
        return manifest;
    }

    public async Task AssertHasAsync(string repository, TestBlob blob, string algorithm = "sha256")
    {
        Answer answer = (await GetAsync($"/v2/{repository}/blobs/{blob.Digest(algorithm)}")).Expect(200);
        Assert.Equal(blob.Digest(algorithm), answer["Docker-Content-Digest"]);
        Assert.Equal(blob.Content, answer.Body);
    }

    public async Task AssertHasNotAsync(string repository, string digest)
    {
        (await GetAsync($"/v2/{repository}/blobs/{digest}")).Expect(404, "BLOB_UNKNOWN");
        (await HeadAsync($"/v2/{repository}/blobs/{digest}")).Expect(404);
    }

    /// <summary>Where a session says that it is.</summary>
    public async Task<string?> ReceivedAsync(string location) => (await GetAsync(location)).Expect(204)["Range"];

    /// <summary>Goes on with an upload as clients do: asks how far it came, sends from there, and believes a 416.</summary>
    public async Task ResumeAsync(string location, TestBlob blob)
    {
        string range = (await ReceivedAsync(location))!;
        for (int attempt = 0; attempt < 10; attempt++)
        {
            int offset = int.Parse(range.AsSpan(2), CultureInfo.InvariantCulture);
            offset = offset == 0 ? 0 : offset + 1;
            if (offset == blob.Length)
            {
                return;
            }

            Answer answer = await PatchAsync(location, blob[offset..], $"{offset}-{blob.Length - 1}");
            if (answer.Status == 202)
            {
                Assert.Equal($"0-{blob.Length - 1}", answer["Range"]);
                return;
            }

            range = answer.Expect(416)["Range"]!;
        }

        Assert.Fail("The session never took what it asked for.");
    }

    public async Task<Answer> SendAsync(string method, string path, byte[]? body = null, bool chunked = false, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Headers.TransferEncodingChunked = chunked ? true : null;
        }

        foreach ((string name, string value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        ILookup<string, string> answered = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .SelectMany(static header => header.Value.Select(value => (header.Key, Value: value)))
            .ToLookup(static header => header.Key, static header => header.Value, StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, answered, await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    public static string WithDigest(string location, string digest) => $"{location}{(location.Contains('?') ? '&' : '?')}digest={digest}";
}
