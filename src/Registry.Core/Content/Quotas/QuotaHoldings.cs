using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Quotas;

/// <summary>Says what a scope holds, by the store alone: this is what its sums have to come to.</summary>
internal sealed class QuotaHoldings(IObjectStore store, RecordStore records)
{
    /// <summary>Whether a scope holds an item: a blob that is there and that a repository of it has a ref to, a manifest that can be pulled, a tag that points somewhere.</summary>
    public async ValueTask<bool> HoldsAsync(QuotaScope scope, string item, CancellationToken cancellationToken)
    {
        try
        {
            return await LookAsync(scope, item, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            // As a recount has it: nobody can pull what it is about. What a process that stopped left reserved could not be given back otherwise, and holds up all others.
            return false;
        }
    }

    /// <summary>A blob's bytes, or <see langword="null"/> where it is not there.</summary>
    public async ValueTask<long?> SizeOfAsync(Digest digest, CancellationToken cancellationToken) =>
        digest.IsSupported && await records.ReadAsync<BlobRecord>(ContentKeys.Blob(digest), cancellationToken).ConfigureAwait(false) is { Record: { State: not BlobState.Gone } record }
            ? record.Size
            : null;

    /// <summary>A blob's bytes, or <see langword="null"/> where it is not there, or where nobody can tell, so that it counts as not held.</summary>
    public async ValueTask<long?> TrySizeOfAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return await SizeOfAsync(digest, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>A manifest's bytes, or <see langword="null"/> where it cannot be pulled.</summary>
    public async ValueTask<long?> SizeOfAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        await records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false) is { Record: { State: ManifestState.Live } record }
            ? record.Content.Length
            : null;

    /// <summary>Whether a tag points somewhere.</summary>
    public async ValueTask<bool> HasTagAsync(RepositoryName repository, Tag tag, CancellationToken cancellationToken) =>
        await records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken).ConfigureAwait(false) is { Record.Digest: not null };

    private ValueTask<bool> LookAsync(QuotaScope scope, string item, CancellationToken cancellationToken) =>
        QuotaItem.TryParseBlob(item, out Digest digest) ? HoldsBlobAsync(scope, digest, cancellationToken)
        : QuotaItem.IsTagKey(item) ? HasTagAsync(item, cancellationToken)
        : HasManifestAsync(item, cancellationToken);

    private async ValueTask<bool> HoldsBlobAsync(QuotaScope scope, Digest digest, CancellationToken cancellationToken) =>
        await HasRefAsync(scope, digest, cancellationToken).ConfigureAwait(false)
        && await SizeOfAsync(digest, cancellationToken).ConfigureAwait(false) is not null;

    private async ValueTask<bool> HasRefAsync(QuotaScope scope, Digest digest, CancellationToken cancellationToken)
    {
        string prefix = scope.Repository is { } repository ? ContentKeys.Refs(digest, repository) : ContentKeys.Refs(digest, scope.Prefix);
        string? after = null;
        while (true)
        {
            KeyPage page = await store.ListAsync(prefix, after, 1, cancellationToken).ConfigureAwait(false);
            if (page.Keys.Count == 0)
            {
                return false;
            }

            if (!ContentKeys.TryParseRefRepository(page.Keys[0], out RepositoryName holder))
            {
                after = page.Keys[0];
                continue;
            }

            if (scope.Contains(holder))
            {
                return true;
            }

            // Among the default feed's repositories those of a feed with a name stand together.
            int slash = holder.Value.IndexOf('/', StringComparison.Ordinal);
            after = slash < 0 ? ContentKeys.AfterRefs(digest, holder) : ContentKeys.AfterRefs(digest, holder.Value[..(slash + 1)]);
        }
    }

    private async ValueTask<bool> HasTagAsync(string item, CancellationToken cancellationToken) =>
        QuotaItem.TryParse(item, out RepositoryName repository, out ReadOnlySpan<char> name)
        && Tag.TryParse(name, out Tag tag)
        && await HasTagAsync(repository, tag, cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> HasManifestAsync(string item, CancellationToken cancellationToken) =>
        QuotaItem.TryParse(item, out RepositoryName repository, out ReadOnlySpan<char> name)
        && Digest.TryParse(name, out Digest digest)
        && await SizeOfAsync(repository, digest, cancellationToken).ConfigureAwait(false) is not null;
}
