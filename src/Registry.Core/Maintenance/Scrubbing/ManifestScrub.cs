using System.Collections.Concurrent;
using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Looks at one manifest: its bytes, and whether it holds all that it names and all of that is there.</summary>
internal sealed class ManifestScrub(ContentRoot root, BlobMender mender)
{
    private readonly ManifestContent _content = new(root.Records, root.Refs, root.Blobs, root.Options);
    private readonly Quarantine _quarantine = new(root);

    /// <returns>Whether there is such a manifest.</returns>
    public async ValueTask<bool> CheckAsync(ScrubRun run, RepositoryName repository, Digest digest)
    {
        string key = ContentKeys.Manifest(repository, digest);
        Versioned<ManifestRecord>? found;
        try
        {
            found = await root.Records.ReadAsync<ManifestRecord>(key, run.Token).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            run.Add(Finding(ScrubFindingKind.RecordCorrupt, repository, digest, "The manifest's record is none. Remove the object and push the manifest again, with all its tags: those that point at it lead nowhere otherwise."));
            return true;
        }

        // A pending one is a push under way, or one that broke off; a collector ends it.
        if (found is not { Record.State: ManifestState.Live } || !digest.IsSupported)
        {
            return false;
        }

        run.Count(static report => report with { Manifests = report.Manifests + 1 });
        if (digest.Algorithm!.Compute(found.Record.Content.Span) != digest)
        {
            await HandleCorruptAsync(run, repository, digest, found).ConfigureAwait(false);
            return true;
        }

        ManifestDocument document;
        try
        {
            document = ManifestParser.Parse(found.Record.Content, found.Record.MediaType);
        }
        catch (RegistryException e)
        {
            run.Add(Finding(ScrubFindingKind.ManifestInvalid, repository, digest, e.Message));
            return true;
        }

        await CheckContentAsync(run, repository, digest, found, document).ConfigureAwait(false);
        await CheckReferrerAsync(run, repository, digest, found.Record.Generation, document).ConfigureAwait(false);
        return true;
    }

    private async ValueTask HandleCorruptAsync(ScrubRun run, RepositoryName repository, Digest digest, Versioned<ManifestRecord> found)
    {
        string key = ContentKeys.Manifest(repository, digest);
        Versioned<ManifestRecord>? again = await root.Records.ReadAsync<ManifestRecord>(key, run.Token).ConfigureAwait(false);
        if (again?.Record.Nonce != found.Record.Nonce || digest.Algorithm!.Compute(again.Record.Content.Span) == digest)
        {
            return; // Replaced meanwhile, or read wrongly.
        }

        ScrubFinding finding = Finding(ScrubFindingKind.ManifestCorrupt, repository, digest, "The manifest's bytes do not have its digest. Push it again within the grace period, before what it names is collected.")
            with { Manifests = [$"{repository}@{digest}"] };
        if (!run.Mends)
        {
            run.Add(finding);
            return;
        }

        if (await mender.ReadManifestAsync(repository, digest, run.Token).ConfigureAwait(false) is { } good)
        {
            if (await PutAsync(repository, digest, found.Record with { Content = good }, found, run.Token).ConfigureAwait(false))
            {
                run.Add(finding with { Action = ScrubAction.Mended, Manifests = [] });
            }

            return;
        }

        // Pending, it cannot be pulled, its refs go on to count, and the next push of it makes it live with the bytes that it brings.
        await _quarantine.KeepRecordAsync(key, found.Record.Encode(), run.Token).ConfigureAwait(false);
        if (await PutAsync(repository, digest, found.Record with { State = ManifestState.Pending, Pushed = root.Time.GetUtcNow(), CondemnedAt = null }, found, run.Token).ConfigureAwait(false))
        {
            run.Add(finding with { Action = ScrubAction.Quarantined });
        }
    }

    private async ValueTask CheckContentAsync(ScrubRun run, RepositoryName repository, Digest digest, Versioned<ManifestRecord> found, ManifestDocument document)
    {
        HashSet<Digest> children = [.. document.Manifests.Select(static child => child.Digest)];
        var unheld = new ConcurrentBag<Digest>();
        var absent = new ConcurrentBag<Digest>();
        var unreadable = new ConcurrentBag<Digest>();
        await StoreConcurrency.ForEachAsync(
            [.. document.RequiredContent()],
            root.Options.StoreConcurrency,
            async (content, token) =>
            {
                bool child = children.Contains(content);
                bool held = await root.Store.GetAsync(ContentKeys.ManifestRef(content, repository, digest, found.Record.Generation), token).ConfigureAwait(false) is not null;
                bool? there = await IsThereAsync(run, repository, content, child).ConfigureAwait(false);

                // A sparse index does not hold the children that it leaves out, and must not: a ref would make another repository's content visible in this one.
                bool leftOut = !held && child && !await IsVisibleAsync(repository, content, token).ConfigureAwait(false);
                if (!held && !leftOut)
                {
                    unheld.Add(content);
                }

                if (there is not true && !(leftOut && root.Options.AllowSparseIndexes))
                {
                    (there is null ? unreadable : absent).Add(content);
                }
            },
            run.Token).ConfigureAwait(false);
        if (unheld.IsEmpty && absent.IsEmpty && unreadable.IsEmpty)
        {
            return;
        }

        // A manifest that was deleted while it was looked at may hold nothing any more.
        if (!await StandsAsync(repository, digest, found.Record.Generation, run.Token).ConfigureAwait(false))
        {
            return;
        }

        foreach (Digest content in unheld)
        {
            await HoldAsync(run, repository, digest, found.Record.Generation, document, content, absent, unreadable).ConfigureAwait(false);
        }

        if (!absent.IsEmpty || !unreadable.IsEmpty)
        {
            await HandleAbsentAsync(run, repository, digest, [.. absent.Distinct()], [.. unreadable.Distinct()]).ConfigureAwait(false);
        }
    }

    private async ValueTask HoldAsync(
        ScrubRun run, RepositoryName repository, Digest digest, string generation, ManifestDocument document, Digest content, ConcurrentBag<Digest> absent, ConcurrentBag<Digest> unreadable)
    {
        if (run.Mends)
        {
            await root.Refs.AddAsync(repository, digest, generation, [content], run.Token).ConfigureAwait(false);
            if (!await StandsAsync(repository, digest, generation, run.Token).ConfigureAwait(false))
            {
                // Its deletion may have come before the ref. A generation that has ended never comes back.
                await root.Refs.RemoveAsync(repository, digest, generation, [content], run.Token).ConfigureAwait(false);
                return;
            }

            try
            {
                // A collector that saw no ref may have condemned it: what a push does after its refs is done here.
                await _content.ThrowIfMissingAsync(repository, document, [content], visibly: false, run.Token).ConfigureAwait(false);
            }
            catch (RegistryException)
            {
                absent.Add(content);
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                await run.ThrowIfAwayAsync(e).ConfigureAwait(false);
                unreadable.Add(content);
            }
        }

        run.Add(new ScrubFinding(
            ScrubFindingKind.RefMissing,
            run.Mends ? ScrubAction.Mended : ScrubAction.Reported,
            ContentKeys.ManifestRef(content, repository, digest, generation),
            "A live manifest did not hold something that it names.") { Repository = repository.Value, Digest = digest.Value });
    }

    private async ValueTask HandleAbsentAsync(ScrubRun run, RepositoryName repository, Digest digest, Digest[] absent, Digest[] unreadable)
    {
        // What has a record that cannot be read may be there, and cannot be stored in its place: all bytes would be brought over, and the record could not be put.
        List<Digest> left = [.. unreadable];
        foreach (Digest content in absent)
        {
            if (unreadable.Contains(content))
            {
                continue;
            }

            if (!run.Mends || !content.IsSupported || !await mender.TryAsync(content, [repository], run.Token).ConfigureAwait(false))
            {
                left.Add(content);
            }
        }

        bool whole = left.Count == 0;
        run.Add(Finding(ScrubFindingKind.ManifestNotWhole, repository, digest, $"Missing{(unreadable.Length > 0 ? ", or with a record that cannot be read" : "")}: {string.Join(", ", (whole ? absent : [.. left]).Take(10))}.") with
        {
            Action = whole ? ScrubAction.Mended : ScrubAction.Reported,
            Manifests = whole ? [] : [$"{repository}@{digest}"],
        });
    }

    private async ValueTask CheckReferrerAsync(ScrubRun run, RepositoryName repository, Digest digest, string generation, ManifestDocument document)
    {
        if (document.Subject is not { } subject)
        {
            return;
        }

        string marker = ContentKeys.Referrer(repository, subject.Digest, digest, generation);
        if (await root.Store.GetAsync(marker, run.Token).ConfigureAwait(false) is not null || !await StandsAsync(repository, digest, generation, run.Token).ConfigureAwait(false))
        {
            return;
        }

        if (run.Mends)
        {
            await root.Store.PutMarkerAsync(marker, run.Token).ConfigureAwait(false);
            if (!await StandsAsync(repository, digest, generation, run.Token).ConfigureAwait(false))
            {
                await root.Store.DeleteAsync(marker, run.Token).ConfigureAwait(false);
                return;
            }
        }

        run.Add(new ScrubFinding(
            ScrubFindingKind.ReferrerMissing, run.Mends ? ScrubAction.Mended : ScrubAction.Reported, marker, "The manifest was not listed as a referrer.") { Repository = repository.Value, Digest = digest.Value });
    }

    /// <returns>Whether something is there, or <see langword="null"/> where its record cannot be read.</returns>
    private async ValueTask<bool?> IsThereAsync(ScrubRun run, RepositoryName repository, Digest digest, bool child)
    {
        try
        {
            return (child && await IsLiveAsync(repository, digest, run.Token).ConfigureAwait(false))
                || await root.Records.ReadAsync<BlobRecord>(ContentKeys.Blob(digest), run.Token).ConfigureAwait(false) is { Record.State: not BlobState.Gone };
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            await run.ThrowIfAwayAsync(e).ConfigureAwait(false);
            return null;
        }
    }

    private async ValueTask<bool> IsVisibleAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        await IsLiveAsync(repository, digest, cancellationToken).ConfigureAwait(false) || await root.Refs.HoldsAsync(repository, digest, cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> IsLiveAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken) =>
        digest.IsSupported && await root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false) is { Record.State: ManifestState.Live };

    private async ValueTask<bool> StandsAsync(RepositoryName repository, Digest digest, string generation, CancellationToken cancellationToken) =>
        await root.Records.ReadAsync<ManifestRecord>(ContentKeys.Manifest(repository, digest), cancellationToken).ConfigureAwait(false) is { Record: { State: ManifestState.Live } record } && record.Generation == generation;

    private async ValueTask<bool> PutAsync(RepositoryName repository, Digest digest, ManifestRecord record, Versioned<ManifestRecord> over, CancellationToken cancellationToken)
    {
        PutOutcome<ManifestRecord> outcome = await root.Records.PutAsync(ContentKeys.Manifest(repository, digest), record, over, cancellationToken).ConfigureAwait(false);
        root.Manifests.Forget(repository, digest);
        return outcome.Won;
    }

    private static ScrubFinding Finding(ScrubFindingKind kind, RepositoryName repository, Digest digest, string detail) =>
        new(kind, ScrubAction.Reported, ContentKeys.Manifest(repository, digest), detail) { Repository = repository.Value, Digest = digest.Value };
}
