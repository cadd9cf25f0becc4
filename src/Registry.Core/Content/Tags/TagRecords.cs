using Registry.Content.Records;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Tags;

/// <summary>The records of tags, and the markers that they speak of.</summary>
internal sealed class TagRecords(IObjectStore store, RecordStore records)
{
    /// <summary>Where a tag points by its record.</summary>
    public static TagTarget? TargetOf(Versioned<TagRecord>? found) =>
        Digest.TryParse(found?.Record.Digest, out Digest digest) ? new TagTarget(digest, found!.Record.ManifestGeneration, found.Record.Generation) : null;

    /// <inheritdoc cref="TargetOf"/>
    public static Digest? DigestOf(Versioned<TagRecord>? found) => TargetOf(found)?.Digest;

    /// <summary>
    /// Whether a tag still leads to what it was pointed at, which can be pulled, or is in quarantine, or cannot be read. It does not where the manifest was deleted, and never will again; its record may be there until a
    /// collector has seen it, where the deletion stopped half-way or the tag was put by a push that had long failed.
    /// </summary>
    public async ValueTask<bool> LeadsSomewhereAsync(RepositoryName repository, TagTarget target, CancellationToken cancellationToken)
    {
        if (!Guards.Holds(Guard.LookBehindTag))
        {
            return true;
        }

        try
        {
            return target.Digest.IsSupported
                && await records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, target.Digest), cancellationToken).ConfigureAwait(false) is { } manifest
                && manifest.Record.IsThereIn(target.ManifestGeneration);
        }
        catch (InvalidDataException)
        {
            return true; // It may be anything.
        }
    }

    /// <summary>A tag's record as it is.</summary>
    public ValueTask<Versioned<TagRecord>?> ReadAsync(RepositoryName repository, Tag tag, CancellationToken cancellationToken) =>
        records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken);

    /// <summary>Writes a tag's record over what was read.</summary>
    public ValueTask<PutOutcome<TagRecord>> PutAsync(RepositoryName repository, Tag tag, TagRecord record, Versioned<TagRecord>? over, CancellationToken cancellationToken) =>
        records.PutAsync(ContentKeys.Tag(repository, tag), record, over, cancellationToken);

    /// <summary>Removes what stood beside a record. The way back from the manifest goes last: until then, whoever deletes the manifest finds the tag and removes what is left of it.</summary>
    public async ValueTask RemoveMarkersAsync(RepositoryName repository, Tag tag, TagMarkers? markers, CancellationToken cancellationToken)
    {
        if (markers?.Listed is { } listed)
        {
            await store.DeleteAsync(ContentKeys.TagName(repository, tag, listed), cancellationToken).ConfigureAwait(false);
        }

        if (Digest.TryParse(markers?.Digest, out Digest digest))
        {
            await store.DeleteAsync(ContentKeys.Tagged(repository, digest, tag, markers!.Generation), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits, longer at each attempt, for whoever an attempt lost to.</summary>
    public Task BackOffAsync(int attempt, CancellationToken cancellationToken) => records.BackOffAsync(attempt, cancellationToken);
}
