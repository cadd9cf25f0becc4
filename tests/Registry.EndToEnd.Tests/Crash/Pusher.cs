using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>
/// Pushes image after image into its repository, moves tags, deletes, mounts from another pusher's repository, until the
/// server dies; and knows what the server has acknowledged.
/// </summary>
internal sealed class Pusher(string repository, Random random, IReadOnlyList<byte[]> sharedLayers, Func<Pusher> neighbour)
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private static readonly string[] Tags = ["a", "b", "latest"];

    private UploadSession? _openSession;
    private Image? _unfinished;

    public RepositoryModel Model { get; } = new(repository);

    /// <summary>Blobs that others may mount from here: acknowledged, and named by no image that is ever deleted alone.</summary>
    public ConcurrentDictionary<string, bool> Mountable { get; } = new();

    public int Images { get; private set; }

    /// <summary>How often it was interrupted and went on.</summary>
    public int Interruptions { get; private set; }

    /// <summary>Pushes until the connection breaks. Whatever else goes wrong fails the test.</summary>
    public async Task PushUntilKilledAsync(HttpClient client, Fuse fuse, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await PushImageAsync(client, fuse, NewImage(), cancellationToken);
                await MaybeDeleteAsync(client, fuse, cancellationToken);
            }
        }
        catch (Exception exception) when (IsDeath(exception, fuse))
        {
            // The server is gone, as it should be.
        }
    }

    /// <summary>
    /// Pushes until it is told to stop, through a proxy that has other hosts: once one of them is dying, what breaks off is taken up again at once.
    /// </summary>
    public async Task PushOnAsync(HttpClient client, Fuse fuse, Task stop, CancellationToken cancellationToken)
    {
        while (!stop.IsCompleted)
        {
            try
            {
                await RetryAsync(client, fuse, cancellationToken);
                await MaybeDeleteAsync(client, fuse, cancellationToken);
            }
            catch (Exception exception) when (IsDeath(exception, fuse))
            {
                Interruptions++;
            }
        }
    }

    /// <summary>Goes on with the upload that broke off, then pushes the whole image again; where nothing did, pushes a new one.</summary>
    public async Task RetryAsync(HttpClient client, Fuse fuse, CancellationToken cancellationToken)
    {
        if (_openSession is { } session)
        {
            _openSession = null;
            if (await session.ResumeAsync(client, cancellationToken))
            {
                Model.Blob(session.Digest).Acknowledge(session.Digest);
            }
        }

        await PushImageAsync(client, fuse, _unfinished ?? NewImage(), cancellationToken);
    }

    private static bool IsDeath(Exception exception, Fuse fuse) => exception is HttpRequestException or IOException && fuse.Blown.IsCompleted;

    private async Task MaybeDeleteAsync(HttpClient client, Fuse fuse, CancellationToken cancellationToken)
    {
        if (random.Next(4) == 0)
        {
            await DeleteImageAsync(client, fuse, cancellationToken);
        }
    }

    private async Task PushImageAsync(HttpClient client, Fuse fuse, Image image, CancellationToken cancellationToken)
    {
        _unfinished = image;
        foreach (var content in image.Blobs)
        {
            await PushBlobAsync(client, fuse, content, cancellationToken);
        }

        var manifest = Model.Manifest(image.Digest, image.Manifest, [.. image.Blobs.Select(blob => RegistryHttp.Sha256(blob))], image.OwnBlobs);
        var tag = Model.Tag(image.Tag);
        manifest.Attempt(image.Digest);
        tag.Attempt(image.Digest);
        using var body = new ByteArrayContent(image.Manifest) { Headers = { ContentType = new MediaTypeHeaderValue(ManifestType) } };
        using var response = await client.PutAsync($"/v2/{repository}/manifests/{image.Tag}", body, cancellationToken);
        await fuse.ExpectAsync(response, HttpStatusCode.Created);
        manifest.Acknowledge(image.Digest);
        tag.Acknowledge(image.Digest);
        _unfinished = null;
        Images++;
    }

    private async Task PushBlobAsync(HttpClient client, Fuse fuse, byte[] content, CancellationToken cancellationToken)
    {
        var digest = RegistryHttp.Sha256(content);
        using (var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v2/{repository}/blobs/{digest}"), cancellationToken))
        {
            if (head.StatusCode == HttpStatusCode.OK)
            {
                // Who hears "exists" relies on it as on an upload.
                Acknowledge(digest);
                return;
            }

            await fuse.ExpectAsync(head, HttpStatusCode.NotFound);
        }

        Model.Blob(digest).Attempt(digest);
        if (await TryMountAsync(client, fuse, digest, cancellationToken))
        {
            Acknowledge(digest);
            return;
        }

        _openSession = new UploadSession(repository, content, fuse);
        await _openSession.UploadAsync(client, (UploadStyle)random.Next(4), random.Next(20_000, 150_000), cancellationToken);
        _openSession = null;
        Acknowledge(digest);
    }

    private void Acknowledge(string digest)
    {
        Model.Blob(digest).Acknowledge(digest);
        if (sharedLayers.Any(layer => RegistryHttp.Sha256(layer) == digest))
        {
            Mountable[digest] = true;
        }
    }

    private async Task<bool> TryMountAsync(HttpClient client, Fuse fuse, string digest, CancellationToken cancellationToken)
    {
        if (!neighbour().Mountable.ContainsKey(digest))
        {
            return false;
        }

        using var response = await client.PostAsync(
            $"/v2/{repository}/blobs/uploads/?mount={digest}&from={neighbour().Model.Name}", null, cancellationToken);
        await fuse.ExpectAsync(response, HttpStatusCode.Created);
        return true;
    }

    private async Task DeleteImageAsync(HttpClient client, Fuse fuse, CancellationToken cancellationToken)
    {
        var candidates = Model.Manifests.Where(manifest => manifest.Value.Expectation.IsCertain).ToArray();
        if (candidates.Length < 2)
        {
            return;
        }

        var (digest, (_, _, ownBlobs, expectation)) = candidates[random.Next(candidates.Length)];
        var tags = Model.Tags.Values.Where(tag => tag.Allows(digest)).ToArray();
        expectation.Attempt(null);
        foreach (var uncertain in tags.Concat(ownBlobs.Select(Model.Blob)))
        {
            // Blobs that no image needs any more may be collected.
            uncertain.Attempt(null);
        }

        using var response = await client.DeleteAsync($"/v2/{repository}/manifests/{digest}", cancellationToken);
        await fuse.ExpectAsync(response, HttpStatusCode.Accepted);
        expectation.Acknowledge(null);
        foreach (var tag in tags)
        {
            tag.Exclude(digest);
        }
    }

    private Image NewImage()
    {
        var config = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["architecture"] = "amd64", ["os"] = "linux", ["unique"] = random.NextInt64() });
        var layers = Enumerable.Range(0, random.Next(1, 4)).Select(_ => NewLayer()).ToList();
        var own = layers.Append(config).Select(content => RegistryHttp.Sha256(content)).ToArray();
        if (random.Next(2) == 0)
        {
            layers.Add(sharedLayers[random.Next(sharedLayers.Count)]);
        }

        var manifest = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", config),
            ["layers"] = new JsonArray([.. layers.Select(layer => Descriptor("application/vnd.oci.image.layer.v1.tar", layer))]),
        });
        return new Image([.. layers, config], own, manifest, RegistryHttp.Sha256(manifest), Tags[random.Next(Tags.Length)]);
    }

    private byte[] NewLayer()
    {
        var layer = new byte[random.Next(1_000, 400_000)];
        random.NextBytes(layer);
        return layer;
    }

    private static JsonObject Descriptor(string mediaType, byte[] content) =>
        new() { ["mediaType"] = mediaType, ["digest"] = RegistryHttp.Sha256(content), ["size"] = content.Length };

    private sealed record Image(IReadOnlyList<byte[]> Blobs, IReadOnlyList<string> OwnBlobs, byte[] Manifest, string Digest, string Tag);
}
