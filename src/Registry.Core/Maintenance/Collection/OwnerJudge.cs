using Registry.Content;
using Registry.Content.Records;
using Registry.Model;

namespace Registry.Maintenance.Collection;

/// <summary>Whether what a key says still counts.</summary>
internal enum OwnerVerdict
{
    /// <summary>A manifest that can be pulled, or is being pushed, in the generation of the key. Also what cannot be understood or read: nothing is removed in doubt.</summary>
    Counts,

    /// <summary>A lease that has not run out.</summary>
    Leased,

    /// <summary>A lease that ran out, or a generation that ended: such a one never comes back, so that nobody can want the key again.</summary>
    Ended,
}

/// <summary>Judges keys that end in an owner: refs, and entries of the index of referrers.</summary>
internal sealed class OwnerJudge(CollectionRun run)
{
    // What a manifest that cannot be read has in place of a generation.
    private const string Unreadable = "?";

    /// <summary>Judges a page of keys: each manifest that is not known yet is read once, several at a time.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="exactly">Whether to read every manifest, and rely on nothing that was seen before: what the judgement is to be acted on by removing content.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public async ValueTask<OwnerVerdict[]> JudgeAsync(IReadOnlyList<string> keys, bool exactly, CancellationToken cancellationToken)
    {
        var verdicts = new OwnerVerdict[keys.Count];
        Dictionary<string, string?>? generations = null;
        for (int i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = JudgeAtOnce(keys[i], exactly) is { } verdict ? verdict : Ask(keys[i], ref generations);
        }

        if (generations is null)
        {
            return verdicts;
        }

        await ReadAsync(generations, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < verdicts.Length; i++)
        {
            if (verdicts[i] == OwnerVerdict.Ended && OwnedKey.TryParse(keys[i], out OwnedKey owned) && !owned.IsLease)
            {
                string? generation = generations[owned.ManifestKey(keys[i])];
                verdicts[i] = generation == Unreadable || owned.Generation(keys[i]).SequenceEqual(generation) ? OwnerVerdict.Counts : OwnerVerdict.Ended;
            }
        }

        return verdicts;
    }

    private OwnerVerdict? JudgeAtOnce(string key, bool exactly)
    {
        if (!OwnedKey.TryParse(key, out OwnedKey owned))
        {
            return OwnerVerdict.Counts;
        }

        if (owned.IsLease)
        {
            return Ulid.TryGetTime(owned.Generation(key), out DateTimeOffset made) && run.AgeOf(made) < run.GracePeriod ? OwnerVerdict.Leased : OwnerVerdict.Ended;
        }

        if (run.DryRun && run.Generations.Has(owned.TableKey(key), CollectionRun.WouldEnd))
        {
            return OwnerVerdict.Ended;
        }

        return !exactly && run.Generations.Has(owned.TableKey(key), GenerationKey.OfGeneration(owned.Generation(key))) ? OwnerVerdict.Counts : null;
    }

    private static OwnerVerdict Ask(string key, ref Dictionary<string, string?>? generations)
    {
        if (OwnedKey.TryParse(key, out OwnedKey owned))
        {
            generations ??= new Dictionary<string, string?>(StringComparer.Ordinal);
            generations.TryAdd(owned.ManifestKey(key), null);
        }

        return OwnerVerdict.Ended;
    }

    private async ValueTask ReadAsync(Dictionary<string, string?> generations, CancellationToken cancellationToken)
    {
        string[] keys = [.. generations.Keys];
        await run.PaceAsync(keys.Length, cancellationToken).ConfigureAwait(false);
        string?[] found = await StoreConcurrency.SelectAsync(keys, run.Options.Concurrency, ReadGenerationAsync, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < keys.Length; i++)
        {
            generations[keys[i]] = found[i];
            if (found[i] is { } generation && OwnedKey.TryParseManifest(keys[i], out ulong tableKey))
            {
                run.Generations.Set(tableKey, GenerationKey.OfGeneration(generation));
            }
        }
    }

    private async ValueTask<string?> ReadGenerationAsync(string manifestKey, CancellationToken cancellationToken)
    {
        try
        {
            return await run.Root.Records.ReadAsync<ManifestRecord>(manifestKey, cancellationToken).ConfigureAwait(false) is { Record: { State: not ManifestState.Deleted } record }
                ? record.Generation
                : null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (await run.PassOverAsync(e, cancellationToken).ConfigureAwait(false))
            {
                return Unreadable;
            }

            throw;
        }
    }
}
