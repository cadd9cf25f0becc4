using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Collection;

/// <summary>
/// A client of one repository: pushes new images and old ones again, moves and deletes tags, deletes manifests, mounts, refers to images and pulls, in turn and at random. The registry collects meanwhile, and keeps what
/// is only uploaded for so short a time that a slow client may hear that it is gone: then it is pushed again.
/// </summary>
internal sealed class Churner(string repository, Random random, ImagePool pool, Func<string> neighbour, TimeSpan staleFor)
{
    /// <summary>How often in a row the registry may have let go of what an image needs before the image is there.</summary>
    private const int Patience = 100;

    private static readonly string[] Tags = ["a", "b", "c", "latest"];

    private UploadSession? _openSession;
    private (ChurnImage Image, string Tag)? _unfinished;

    public ChurnModel Model { get; } = new(repository, staleFor);

    /// <summary>Images that were acknowledged under a tag.</summary>
    public int Pushed { get; private set; }

    /// <summary>Deletions that were acknowledged.</summary>
    public int Deleted { get; private set; }

    /// <summary>How often something that was uploaded was let go of before it was needed.</summary>
    public int Repeated { get; private set; }

    /// <summary>Works until it is told to stop. What breaks off once a host is dying is taken up again, or left where nobody else is there to go on with.</summary>
    public async Task WorkAsync(RegistryHttp http, Fuse fuse, bool goesOn, Task stop, CancellationToken cancellationToken)
    {
        while (!stop.IsCompleted)
        {
            try
            {
                await TakeUpAsync(http, fuse, cancellationToken);
                await StepAsync(http, fuse, cancellationToken);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException && fuse.Blown.IsCompleted)
            {
                if (!goesOn)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Ends what broke off.</summary>
    public async Task TakeUpAsync(RegistryHttp http, Fuse fuse, CancellationToken cancellationToken)
    {
        if (_openSession is { } session)
        {
            _openSession = null;
            try
            {
                await session.ResumeAsync(http.Client, cancellationToken);
            }
            catch (UploadDroppedException)
            {
                Repeated++;
            }
        }

        if (_unfinished is { } push)
        {
            await PushAsync(http.Client, fuse, push.Image, push.Tag, cancellationToken);
        }
    }

    private Task StepAsync(RegistryHttp http, Fuse fuse, CancellationToken cancellationToken)
    {
        var tag = Tags[random.Next(Tags.Length)];
        var certain = Model.Certain.ToArray();
        var (known, digest) = certain.Length > 0 ? certain[random.Next(certain.Length)] : default;
        return (random.Next(20), known) switch
        {
            ( < 9, _) or (_, null) => PushAsync(http.Client, fuse, pool.Pick(random), tag, cancellationToken),
            ( < 12, _) => RetagAsync(http, fuse, digest, tag, cancellationToken),
            ( < 14, _) => DeleteTagAsync(http.Client, fuse, known, cancellationToken),
            ( < 16, _) => DeleteManifestAsync(http.Client, fuse, digest, cancellationToken),
            ( < 17, _) => ReferAsync(http, fuse, digest, cancellationToken),
            _ => Model.PullAsync(http, known, cancellationToken),
        };
    }

    private async Task PushAsync(HttpClient client, Fuse fuse, ChurnImage image, string tag, CancellationToken cancellationToken)
    {
        _unfinished = (image, tag);
        await RepeatAsync(() => TryPushAsync(client, fuse, image, tag, cancellationToken));
        Model.AcknowledgePush(tag, image.Digest);
        _unfinished = null;
        Pushed++;
    }

    /// <summary>What a tag certainly points at gets another tag; the registry must still have everything.</summary>
    private async Task RetagAsync(RegistryHttp http, Fuse fuse, string digest, string tag, CancellationToken cancellationToken)
    {
        var manifest = await http.GetManifestAsync(repository, digest, cancellationToken);
        var image = new ChurnImage(manifest.MediaType, manifest.Content, [], []);
        Model.AttemptPush(image, tag);
        using var response = await PutManifestAsync(http.Client, image, tag, cancellationToken);
        await fuse.ExpectAsync(response, HttpStatusCode.Created);
        Model.AcknowledgePush(tag, digest);
        Pushed++;
    }

    private async Task ReferAsync(RegistryHttp http, Fuse fuse, string digest, CancellationToken cancellationToken)
    {
        var manifest = await http.GetManifestAsync(repository, digest, cancellationToken);
        var referrer = new ChurnImage(manifest.MediaType, manifest.Content, [], []).CreateReferrer(random);
        await RepeatAsync(() => TryPushAsync(http.Client, fuse, referrer, null, cancellationToken));
        Model.AcknowledgeReferrer(digest, referrer.Digest);
    }

    private async Task RepeatAsync(Func<Task<bool>> push)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (await push())
                {
                    return;
                }
            }
            catch (UploadDroppedException)
            {
                // The upload begins anew.
                _openSession = null;
            }

            Repeated++;
            Assert.True(attempt < Patience, $"{repository}: what was pushed was let go of {attempt} times before it was needed");
        }
    }

    /// <summary>Pushes everything, children first. False when the registry has let go of some of it meanwhile.</summary>
    private async Task<bool> TryPushAsync(HttpClient client, Fuse fuse, ChurnImage image, string? tag, CancellationToken cancellationToken)
    {
        Model.AttemptPush(image, tag);
        foreach (var child in image.Children)
        {
            if (!await TryPushAsync(client, fuse, child, null, cancellationToken))
            {
                return false;
            }
        }

        foreach (var content in image.Blobs)
        {
            await PushBlobAsync(client, fuse, content, cancellationToken);
        }

        using var response = await PutManifestAsync(client, image, tag ?? image.Digest, cancellationToken);
        if (response.StatusCode == HttpStatusCode.BadRequest && (await response.Content.ReadAsStringAsync(cancellationToken)).Contains("MANIFEST_BLOB_UNKNOWN", StringComparison.Ordinal))
        {
            fuse.Burn();
            return false;
        }

        await fuse.ExpectAsync(response, HttpStatusCode.Created);
        return true;
    }

    private async Task PushBlobAsync(HttpClient client, Fuse fuse, byte[] content, CancellationToken cancellationToken)
    {
        var digest = RegistryHttp.Sha256(content);
        using (var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v2/{repository}/blobs/{digest}"), cancellationToken))
        {
            if (head.StatusCode == HttpStatusCode.OK)
            {
                fuse.Burn();
                return;
            }

            await fuse.ExpectAsync(head, HttpStatusCode.NotFound);
        }

        if (random.Next(2) == 0)
        {
            using var mount = await client.PostAsync($"/v2/{repository}/blobs/uploads/?mount={digest}&from={neighbour()}", null, cancellationToken);
            if (mount.StatusCode == HttpStatusCode.Created)
            {
                fuse.Burn();
                return;
            }

            // An upload was begun in place of the mount. Nobody goes on with it, so that it is dropped.
            await fuse.ExpectAsync(mount, HttpStatusCode.Accepted);
        }

        _openSession = new UploadSession(repository, content, fuse, mayBeDropped: true);
        await _openSession.UploadAsync(client, (UploadStyle)random.Next(4), random.Next(20_000, 150_000), cancellationToken);
        _openSession = null;
    }

    private async Task<HttpResponseMessage> PutManifestAsync(HttpClient client, ChurnImage image, string reference, CancellationToken cancellationToken)
    {
        using var body = new ByteArrayContent(image.Manifest) { Headers = { ContentType = new MediaTypeHeaderValue(image.MediaType) } };
        return await client.PutAsync($"/v2/{repository}/manifests/{reference}", body, cancellationToken);
    }

    private async Task DeleteTagAsync(HttpClient client, Fuse fuse, string tag, CancellationToken cancellationToken)
    {
        Model.AttemptTagDeletion(tag);
        using var response = await client.DeleteAsync($"/v2/{repository}/manifests/{tag}", cancellationToken);
        await fuse.ExpectAsync(response, HttpStatusCode.Accepted);
        Model.AcknowledgeTagDeletion(tag);
        Deleted++;
    }

    private async Task DeleteManifestAsync(HttpClient client, Fuse fuse, string digest, CancellationToken cancellationToken)
    {
        Model.AttemptDeletion(digest);
        using var response = await client.DeleteAsync($"/v2/{repository}/manifests/{digest}", cancellationToken);
        await fuse.ExpectAsync(response, HttpStatusCode.Accepted);
        Model.AcknowledgeDeletion(digest);
        Deleted++;
    }
}
