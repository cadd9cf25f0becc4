using Registry.Content;
using Registry.Content.Records;
using Registry.Model;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Looks at one marker, <c>tag-names</c>, <c>tagged</c> or <c>referrers</c>, and drops it where it counts for nothing: what a crash left.</summary>
internal sealed class MarkerScrub(ContentRoot root)
{
    // A way back to a tag is laid before the tag points there. However short the grace period, no push is taken for a crash before this.
    private static readonly TimeSpan LongestPush = TimeSpan.FromHours(1);

    public async ValueTask CheckAsync(ScrubRun run, RepositoryName repository, string section, string key)
    {
        int separator = key.LastIndexOf('!');
        if (separator < 0 || !Ulid.TryGetTime(key.AsSpan(separator + 1), out DateTimeOffset made))
        {
            run.Add(new ScrubFinding(ScrubFindingKind.UnknownObject, ScrubAction.Reported, key, "This is no key of a marker.") { Repository = repository.Value });
            return;
        }

        TimeSpan grace = root.Options.GracePeriod > LongestPush ? root.Options.GracePeriod : LongestPush;
        if (root.Time.GetUtcNow() - made < grace || await CountsAsync(repository, section, key, run.Token).ConfigureAwait(false) is not false)
        {
            return;
        }

        if (run.Mends)
        {
            // Its generation has passed, and none comes back: nobody writes this key again.
            await root.Store.DeleteAsync(key, run.Token).ConfigureAwait(false);

            // But a way back may have been taken since the look, where the clock of who laid it is behind.
            if (section == "tagged" && ContentKeys.TryParseTag(key, out Tag tag, out string generation)
                && await root.Tags.RestoreWayAsync(repository, tag, generation, key, run.Token).ConfigureAwait(false))
            {
                return;
            }
        }

        run.Add(new ScrubFinding(ScrubFindingKind.StaleMarker, run.Mends ? ScrubAction.Dropped : ScrubAction.Reported, key, "It counts for nothing.") { Repository = repository.Value });
    }

    /// <summary>Looks at the record that decides about a marker.</summary>
    /// <returns>Whether the marker counts, or <see langword="null"/> where that cannot be told.</returns>
    public async ValueTask<bool?> CountsAsync(RepositoryName repository, string section, string key, CancellationToken cancellationToken)
    {
        try
        {
            if (section == "referrers")
            {
                return ContentKeys.TryParseRefOwner(key, out RefOwner owner) && owner.Manifest is { IsSupported: true } manifest
                    ? await root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, manifest), cancellationToken).ConfigureAwait(false) is { Record: { State: not ManifestState.Deleted } record }
                        && record.Generation == owner.Id
                    : null;
            }

            if (!ContentKeys.TryParseTag(key, out Tag tag, out string generation))
            {
                return null;
            }

            TagRecord? points = (await root.Records.ReadAsync<TagRecord>(ContentKeys.Tag(repository, tag), cancellationToken).ConfigureAwait(false))?.Record;
            return points?.Digest is not null
                && (section == "tag-names"
                    ? points.Listed == generation
                    : points.Generation == generation && key.StartsWith(ContentKeys.Tagged(repository, points.ReadDigest()), StringComparison.Ordinal));
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            await root.Store.ThrowIfAwayAsync(e, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }
}
