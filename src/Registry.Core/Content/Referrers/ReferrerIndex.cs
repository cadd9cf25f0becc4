using System.Runtime.CompilerServices;
using Registry.Content.Records;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage;

namespace Registry.Content.Referrers;

/// <summary>A manifest that refers to a subject, as a listing shows it (distribution-spec, "Listing Referrers").</summary>
/// <param name="Descriptor">The manifest.</param>
/// <param name="ArtifactType">Its artifact type, or an image's config type; <see langword="null"/> for an index without one.</param>
/// <param name="Annotations">The manifest's own annotations.</param>
internal sealed record Referrer(Descriptor Descriptor, string? ArtifactType, IReadOnlyDictionary<string, string>? Annotations);

/// <summary>Which manifests refer to a subject. A marker per manifest and generation leads to the manifest's record, which says whether it counts.</summary>
internal sealed class ReferrerIndex(IObjectStore store, RecordStore records, ContentOptions options)
{
    /// <summary>Lists the manifests that refer to a subject, in the order of their digests.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="subject">The subject, which need not exist.</param>
    /// <param name="after">Only manifests whose digest sorts after this one; <see langword="null"/> starts at the front.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async IAsyncEnumerable<Referrer> ListAsync(
        RepositoryName repository, Digest subject, Digest? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string prefix = ContentKeys.Referrers(repository, subject);
        string? start = after is { } digest ? ContentKeys.AfterReferrer(repository, subject, digest) : null;
        Digest? previous = null;
        KeyPage page;
        do
        {
            page = await store.ListAsync(prefix, start, options.StoreConcurrency, cancellationToken).ConfigureAwait(false);
            Referrer?[] found = await Task.WhenAll(page.Keys.Select(key => ReadAsync(repository, subject, key, cancellationToken))).ConfigureAwait(false);
            foreach (Referrer? referrer in found)
            {
                if (referrer is not null && referrer.Descriptor.Digest != previous)
                {
                    previous = referrer.Descriptor.Digest;
                    yield return referrer;
                }
            }

            start = page.Keys.Count > 0 ? page.Keys[^1] : start;
        }
        while (page.HasMore);
    }

    private async Task<Referrer?> ReadAsync(RepositoryName repository, Digest subject, string key, CancellationToken cancellationToken)
    {
        if (!ContentKeys.TryParseRefOwner(key, out RefOwner owner) || owner.Manifest is not { } digest)
        {
            return null;
        }

        Versioned<ManifestRecord>? found = await records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false);
        if (found is not { Record: { State: ManifestState.Live } record } || record.Generation != owner.Id)
        {
            return null;
        }

        ManifestDocument document = ManifestParser.Parse(record.Content, record.MediaType);
        return document.Subject?.Digest == subject
            ? new Referrer(new Descriptor(record.MediaType, digest, record.Content.Length), document.ArtifactType, document.Annotations)
            : null;
    }
}
