using System.Collections.Concurrent;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Model;

namespace Registry.Content.Manifests;

/// <summary>What manifests count for in quotas: their own bytes, and their tags. What they name was counted when it was pushed.</summary>
internal sealed class ManifestQuota(QuotaBook quotas, ContentOptions options)
{
    /// <summary>Reserves a manifest that is about to be pushed, and its tags, as far as they are new.</summary>
    /// <exception cref="RegistryException">A quota is too small.</exception>
    public ValueTask<QuotaClaim?> ReserveAsync(RepositoryName repository, StoredManifest manifest, IReadOnlyList<Tag> tags, CancellationToken cancellationToken) =>
        quotas.Covers(repository)
            ? quotas.ReserveAsync(
                repository,
                [QuotaItem.Manifest(repository, manifest.Digest, manifest.Content.Length), .. tags.Select(tag => QuotaItem.Tag(repository, tag))],
                cancellationToken)
            : default;

    /// <summary>Says that a manifest is about to be deleted: its bytes are let go of, and whatever it is the last to name.</summary>
    public async ValueTask<QuotaClaim?> BeginReleaseAsync(RepositoryName repository, Digest digest, ManifestRecord record, Digest[] named, CancellationToken cancellationToken)
    {
        if (!quotas.Covers(repository))
        {
            return null;
        }

        var blobs = new ConcurrentBag<QuotaItem>();
        await StoreConcurrency.ForEachAsync(
            named,
            options.StoreConcurrency,
            async (content, token) =>
            {
                if (await quotas.Holdings.TrySizeOfAsync(content, token).ConfigureAwait(false) is { } size)
                {
                    blobs.Add(QuotaItem.Blob(content, size));
                }
            },
            cancellationToken).ConfigureAwait(false);
        QuotaItem manifest = QuotaItem.Manifest(repository, digest, record.Content.Length);
        return await quotas.BeginReleaseAsync(repository, [.. blobs.OrderBy(static item => item.Key, StringComparer.Ordinal), manifest], cancellationToken).ConfigureAwait(false);
    }
}
