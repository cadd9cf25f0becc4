using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage;

namespace Registry.Core.Tests.Simulation;

/// <summary>What must hold of a store's content, read from the store itself and not through the services under test.</summary>
internal sealed class ContentInvariants
{
    private readonly SortedDictionary<string, ReadOnlyMemory<byte>> _objects = new(StringComparer.Ordinal);
    private readonly List<string> _violations = [];

    private ContentInvariants()
    {
    }

    /// <summary>
    /// What must hold at any moment, whoever stopped where: every manifest that can be pulled can be pulled whole, and what it names is held for it.
    /// </summary>
    public static async Task<IReadOnlyList<string>> AlwaysAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        ContentInvariants content = await ReadAsync(store, cancellationToken);
        content.CheckManifests();
        return content._violations;
    }

    /// <summary>What must hold besides when nothing is under way and nobody stopped half-way: nothing is left over and every index says what the records say.</summary>
    public static async Task<IReadOnlyList<string>> AtRestAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        ContentInvariants content = await ReadAsync(store, cancellationToken);
        content.CheckManifests();
        content.CheckNothingIsLeftOver();
        content.CheckTags();
        return content._violations;
    }

    private static async Task<ContentInvariants> ReadAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        var content = new ContentInvariants();
        await foreach (string key in store.ListAllAsync("", cancellationToken))
        {
            // The bytes of blobs only have to be there.
            bool data = key.StartsWith(ContentKeys.DataPrefix, StringComparison.Ordinal);
            content._objects[key] = data ? default : (await store.GetAsync(key, cancellationToken))!.Content;
        }

        return content;
    }

    private IEnumerable<(RepositoryName Repository, Digest Digest, ManifestRecord Record)> Manifests()
    {
        foreach ((string key, ReadOnlyMemory<byte> bytes) in _objects)
        {
            if (key.Split('/') is ["repos", var repository, "manifests", var algorithm, var encoded])
            {
                yield return (Decode(repository), Digest.Parse($"{algorithm}:{encoded}"), ManifestRecord.Decode(bytes));
            }
        }
    }

    private IEnumerable<(RepositoryName Repository, Tag Tag, TagRecord Record)> Tags()
    {
        foreach ((string key, ReadOnlyMemory<byte> bytes) in _objects)
        {
            if (key.Split('/') is ["repos", var repository, "tags", var tag] && TagRecord.Decode(bytes) is { Digest: not null } record)
            {
                yield return (Decode(repository), Tag.Parse(tag), record);
            }
        }
    }

    private void CheckManifests()
    {
        foreach ((RepositoryName repository, Digest digest, ManifestRecord record) in Manifests())
        {
            if (record.State != ManifestState.Live)
            {
                continue;
            }

            string name = $"{repository}@{digest}";
            Require(digest.Algorithm!.Compute(record.Content.Span) == digest, $"{name} has other bytes than its digest says.");
            ManifestDocument document = ManifestParser.Parse(record.Content, record.MediaType);
            foreach (Digest content in document.RequiredContent())
            {
                Require(_objects.ContainsKey(ContentKeys.ManifestRef(content, repository, digest, record.Generation)), $"{name} does not hold {content}.");
            }

            foreach (Digest blob in document.RequiredContent().Except(document.Manifests.Select(static child => child.Digest)))
            {
                BlobRecord? found = _objects.TryGetValue(ContentKeys.Blob(blob), out ReadOnlyMemory<byte> bytes) ? BlobRecord.Decode(bytes) : null;
                Require(found is { State: not BlobState.Gone } && _objects.ContainsKey(found.Data), $"{name} names {blob}, which is not there.");
            }

            if (document.Subject is { } subject)
            {
                Require(_objects.ContainsKey(ContentKeys.Referrer(repository, subject.Digest, digest, record.Generation)), $"{name} is not listed as a referrer.");
            }
        }
    }

    private void CheckTags()
    {
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach ((RepositoryName repository, Tag tag, TagRecord record) in Tags())
        {
            Digest digest = Digest.Parse(record.Digest!);
            Require(
                _objects.TryGetValue(ContentKeys.Manifest(repository, digest), out ReadOnlyMemory<byte> bytes) && ManifestRecord.Decode(bytes).State == ManifestState.Live,
                $"{repository}:{tag} points at {digest}, which is not there.");
            expected.Add(ContentKeys.TagName(repository, tag, record.Listed!));
            expected.Add(ContentKeys.Tagged(repository, digest, tag, record.Generation));
        }

        IEnumerable<string> markers = _objects.Keys.Where(static key => key.Split('/') is ["repos", _, "tag-names" or "tagged", ..]);
        foreach (string key in expected.Except(markers, StringComparer.Ordinal))
        {
            _violations.Add($"Missing marker {key}.");
        }

        foreach (string key in markers.Except(expected, StringComparer.Ordinal))
        {
            _violations.Add($"Marker of nothing {key}.");
        }
    }

    private void CheckNothingIsLeftOver()
    {
        var manifests = Manifests().ToDictionary(static manifest => (manifest.Repository, (Digest?)manifest.Digest), static manifest => manifest.Record);
        foreach ((RepositoryName repository, Digest digest, ManifestRecord record) in Manifests())
        {
            Require(record.State != ManifestState.Pending, $"{repository}@{digest} is still pending.");
        }

        var blobs = _objects.Where(static pair => pair.Key.StartsWith(ContentKeys.BlobsPrefix, StringComparison.Ordinal)).Select(static pair => BlobRecord.Decode(pair.Value).Data).ToHashSet(StringComparer.Ordinal);
        foreach (string key in _objects.Keys)
        {
            Require(!key.StartsWith(ContentKeys.UploadsPrefix, StringComparison.Ordinal), $"Session left over: {key}.");
            Require(!key.StartsWith(ContentKeys.DataPrefix, StringComparison.Ordinal) || blobs.Contains(key), $"Bytes of no blob: {key}.");
            bool isRef = key.StartsWith("refs/", StringComparison.Ordinal);
            if (isRef || key.Split('/') is ["repos", _, "referrers", ..])
            {
                RepositoryName repository = isRef ? RefRepository(key) : Decode(key.Split('/')[1]);
                Require(
                    ContentKeys.TryParseRefOwner(key, out RefOwner owner)
                    && (owner.Manifest is null || (manifests.TryGetValue((repository, owner.Manifest), out ManifestRecord? record) && record.State == ManifestState.Live && record.Generation == owner.Id)),
                    $"Owned by nothing: {key}.");
            }
        }
    }

    private static RepositoryName RefRepository(string key) => ContentKeys.TryParseRefRepository(key, out RepositoryName repository) ? repository : default;

    private static RepositoryName Decode(string part) => ContentKeys.TryParseCatalog(ContentKeys.CatalogPrefix + part, out RepositoryName repository) ? repository : default;

    private void Require(bool holds, string violation)
    {
        if (!holds)
        {
            _violations.Add(violation);
        }
    }
}
