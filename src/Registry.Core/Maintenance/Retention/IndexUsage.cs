using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Jobs;
using Registry.Maintenance.Usage;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Maintenance.Retention;

/// <summary>
/// When what indexes name was last used. Who holds on to the digest of one platform's manifest asks for that and never for the index, whose tag is in use no less. Manifests are read for it, so it is asked for what a rule would
/// name without it.
/// </summary>
/// <param name="root">The content.</param>
/// <param name="repository">The repository, by its full name.</param>
/// <param name="usage">What was last used when.</param>
internal sealed class IndexUsage(ContentRoot root, RepositoryName repository, RepositoryUsage usage)
{
    // How many indexes one names, and these, is for clients to say.
    private const int MaxIndexes = 64;

    /// <summary>Looks whether a rule that would name a tag does so still when its manifest's children count.</summary>
    public async ValueTask<UseLook> LookAsync(CompiledRule rule, TagFacts tag, CancellationToken cancellationToken)
    {
        try
        {
            tag.WasUsed(await FindLastUseAsync(tag.Digest, cancellationToken).ConfigureAwait(false));
            return new UseLook(rule.IsOldEnough(tag.Pushed, tag.LastUsed));
        }
        catch (Exception e) when (JobFaults.IsFault(e, cancellationToken))
        {
            return new UseLook(false, e);
        }
    }

    /// <summary>When one of the children of a manifest, or of theirs, was last used.</summary>
    /// <returns>The time: no earlier than pulls have all been counted, and at its latest where there are too many indexes to look at. <see langword="null"/> where it is no index.</returns>
    public async ValueTask<DateTimeOffset?> FindLastUseAsync(Digest digest, CancellationToken cancellationToken)
    {
        DateTimeOffset? last = null;
        var seen = new HashSet<Digest> { digest };
        var open = new Queue<Digest>([digest]);
        for (int read = 0; open.TryDequeue(out Digest next); read++)
        {
            if (read == MaxIndexes)
            {
                return DateTimeOffset.MaxValue;
            }

            foreach (Descriptor child in await ReadChildrenAsync(next, cancellationToken).ConfigureAwait(false))
            {
                if (seen.Add(child.Digest))
                {
                    last = RepositoryUsage.Later(usage.LastUsed(child.Digest.Value), last);
                    if (MediaTypes.IsIndex(child.MediaType))
                    {
                        open.Enqueue(child.Digest);
                    }
                }
            }
        }

        return last;
    }

    private async ValueTask<IReadOnlyList<Descriptor>> ReadChildrenAsync(Digest digest, CancellationToken cancellationToken) =>
        digest.IsSupported
        && await root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false) is { Record: { State: ManifestState.Live } record }
        && MediaTypes.IsIndex(record.MediaType)
            ? ManifestParser.Parse(record.Content, record.MediaType).Manifests
            : [];
}

/// <summary>Whether a tag is unused for as long as a rule says.</summary>
/// <param name="IsUnused">Whether it is.</param>
/// <param name="Fault">Why that cannot be told, where it cannot.</param>
internal readonly record struct UseLook(bool IsUnused, Exception? Fault = null);
