using System.Net;
using System.Text.Json;
using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Http;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Collection;

/// <summary>
/// What a repository must hold, by what the registry acknowledged, while everything that no tag leads to is collected: tags, what refers to what they point at, and that what was deleted stays away.
/// </summary>
/// <param name="name">The repository.</param>
/// <param name="staleFor">How long another host than the one that deleted a manifest may still give it by its digest, from what it remembers.</param>
internal sealed class ChurnModel(string name, TimeSpan staleFor)
{
    private static readonly TimeSpan ForgottenWithin = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Expectation> _tags = [];
    private readonly Dictionary<string, HashSet<string>> _referrers = [];
    private readonly HashSet<string> _deleted = [];

    public string Name { get; } = name;

    /// <summary>How many images were pulled whole and compared with their digests.</summary>
    public int Verified { get; private set; }

    /// <summary>Tags and what they certainly point at.</summary>
    public IEnumerable<(string Tag, string Digest)> Certain => _tags.Where(tag => tag.Value.Certain is not null).Select(tag => (tag.Key, tag.Value.Certain!));

    public void AttemptPush(ChurnImage image, string? tag)
    {
        AttemptChild(image);
        if (tag is not null)
        {
            Release(tag, image.Digest);
            Tag(tag).Attempt(image.Digest);
        }
    }

    public void AcknowledgePush(string tag, string digest) => Tag(tag).Acknowledge(digest);

    public void AcknowledgeReferrer(string subject, string digest)
    {
        if (!_referrers.TryGetValue(subject, out var known))
        {
            _referrers.Add(subject, known = []);
        }

        known.Add(digest);
    }

    public void AttemptTagDeletion(string tag)
    {
        Release(tag, null);
        Tag(tag).Attempt(null);
    }

    public void AcknowledgeTagDeletion(string tag) => Tag(tag).Acknowledge(null);

    public void AttemptDeletion(string digest)
    {
        _referrers.Remove(digest);
        foreach (var tag in _tags.Values.Where(tag => tag.Allows(digest)))
        {
            tag.Attempt(null);
        }
    }

    public void AcknowledgeDeletion(string digest)
    {
        _deleted.Add(digest);
        foreach (var tag in _tags.Values.Where(tag => tag.Allows(digest)))
        {
            tag.Exclude(digest);
        }
    }

    /// <summary>Pulls what a tag points at, whole; says whether there was anything.</summary>
    public async Task<bool> PullAsync(RegistryHttp http, string tag, CancellationToken cancellationToken)
    {
        var manifest = await http.FindManifestAsync(Name, tag, cancellationToken);
        Tag(tag).Observe(manifest?.Digest, $"the tag {Name}:{tag}");
        if (manifest is null)
        {
            return false;
        }

        await http.PullWholeAsync(Name, tag, cancellationToken);
        Verified++;
        return true;
    }

    /// <summary>Everything acknowledged is there, byte for byte, and nothing that was deleted.</summary>
    public async Task VerifyAsync(RegistryHttp http, CancellationToken cancellationToken)
    {
        var there = new List<string>();
        foreach (var tag in _tags.Keys)
        {
            if (await PullAsync(http, tag, cancellationToken))
            {
                there.Add(tag);
            }
        }

        await VerifyListAsync(http, there, cancellationToken);
        foreach (var (subject, expected) in _referrers)
        {
            var listed = await GetReferrersAsync(http, subject, cancellationToken);
            foreach (var referrer in expected)
            {
                Assert.True(listed.Contains(referrer), $"{Name}@{referrer} refers to {subject}, which is tagged, and is not listed");
                await http.PullWholeAsync(Name, referrer, cancellationToken);
                Verified++;
            }
        }

        foreach (var digest in _deleted)
        {
            if (staleFor == TimeSpan.Zero)
            {
                Assert.True(await http.FindManifestAsync(Name, digest, cancellationToken) is null, $"{Name}@{digest} was deleted and is there again");
                continue;
            }

            await Eventually.HoldsAsync(
                async token => await http.FindManifestAsync(Name, digest, token) is null, staleFor, () => $"{Name}@{digest}, which was deleted, is gone", cancellationToken);
        }
    }

    /// <summary>Deletes what is there, by the manifest's digest or by tag.</summary>
    public async Task DeleteAllAsync(RegistryHttp http, Random random, CancellationToken cancellationToken)
    {
        foreach (var tag in await http.GetTagsAsync(Name, cancellationToken))
        {
            // Gone with another tag of the same manifest.
            if (await http.FindManifestAsync(Name, tag, cancellationToken) is not { } manifest)
            {
                continue;
            }

            if (random.Next(2) == 0)
            {
                AttemptDeletion(manifest.Digest);
                await http.DeleteAsync(Name, $"manifests/{manifest.Digest}", cancellationToken);
                AcknowledgeDeletion(manifest.Digest);
            }
            else
            {
                AttemptTagDeletion(tag);
                await http.DeleteAsync(Name, $"manifests/{tag}", cancellationToken);
                AcknowledgeTagDeletion(tag);
            }
        }

        await VerifyAsync(http, cancellationToken);
        Assert.Empty(await http.GetTagsAsync(Name, cancellationToken));
    }

    // Whoever was killed while it deleted a tag may leave its name, which the collector takes away. What is there is listed at once.
    private async Task VerifyListAsync(RegistryHttp http, List<string> there, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> listed = [];
        await Eventually.HoldsAsync(
            async token =>
            {
                listed = await http.GetTagsAsync(Name, token);
                Assert.Empty(there.Except(listed));
                return listed.Count == there.Count;
            },
            ForgottenWithin,
            () => $"{Name} lists {string.Join(", ", listed)}, and has {string.Join(", ", there)}",
            cancellationToken);
    }

    private void AttemptChild(ChurnImage image)
    {
        _deleted.Remove(image.Digest);
        foreach (var child in image.Children)
        {
            AttemptChild(child);
        }
    }

    // What no tag holds any more goes, and what refers to it.
    private void Release(string tag, string? next)
    {
        if (Tag(tag).Certain is { } before && before != next && Certain.All(other => other.Tag == tag || other.Digest != before))
        {
            _referrers.Remove(before);
        }
    }

    private Expectation Tag(string tag)
    {
        if (!_tags.TryGetValue(tag, out var found))
        {
            _tags.Add(tag, found = new Expectation());
        }

        return found;
    }

    private async Task<HashSet<string>> GetReferrersAsync(RegistryHttp http, string subject, CancellationToken cancellationToken)
    {
        var digests = new HashSet<string>();
        for (var next = $"/v2/{Name}/referrers/{subject}"; next is not null;)
        {
            using var response = await http.Client.GetAsync(next, cancellationToken);
            await RegistryHttp.ExpectAsync(response, HttpStatusCode.OK);
            using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            digests.UnionWith(body.RootElement.GetProperty("manifests").EnumerateArray().Select(manifest => manifest.GetProperty("digest").GetString()!));
            next = response.Headers.TryGetValues("Link", out var links) ? links.First().Split('<', '>')[1] : null;
        }

        return digests;
    }
}
