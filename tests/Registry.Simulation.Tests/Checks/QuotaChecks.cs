using Registry.Content;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Simulation.Scenarios;
using Registry.Simulation.World;

namespace Registry.Simulation.Checks;

/// <summary>What must hold of a quota: nobody gets above it who only pushes, and at rest it says what there is.</summary>
internal sealed class QuotaChecks(Simulator simulator, RunChecks checks, QuotaLimits limits)
{
    private const int MaxLooks = 16;

    private static readonly string s_key = ContentKeys.FeedQuota("");

    // Where nothing is let go of.
    private readonly bool _isStrict = simulator.Scenario.Actors.All(static plans => plans.All(static plan => !plan.LetsGo));
    private (long Bytes, long Tags) _allowed;

    /// <summary>What was there before the limit was set may be above it.</summary>
    public void Begin()
    {
        (long bytes, long tags) = Held();
        _allowed = (Math.Max(limits.Bytes, bytes), Math.Max(limits.Tags, tags));
    }

    /// <summary>Something that counts may have come or gone.</summary>
    public void Changed()
    {
        if (!IsExact)
        {
            return;
        }

        (long bytes, long tags) = Held();
        if (bytes > _allowed.Bytes || tags > _allowed.Tags)
        {
            simulator.Violate($"{bytes} bytes and {tags} tags are held, and no more than {limits.Bytes} and {limits.Tags} may be.");
        }
    }

    /// <summary>What is held, by what the store says.</summary>
    public (long Bytes, long Tags) Held()
    {
        long bytes = 0;
        long tags = 0;
        for (int i = 0; i < Universe.Blobs.Length; i++)
        {
            bool held = checks.Blob(i) is { State: not BlobState.Gone } && simulator.Content.List(ContentKeys.Refs(Universe.Blobs[i]), null, 1, 0, 0).Keys.Count > 0;
            bytes += held ? checks.Blob(i)!.Size : 0;
        }

        for (int repo = 0; repo < Universe.Repositories.Length; repo++)
        {
            for (int i = 0; i < Universe.Manifests.Length; i++)
            {
                bytes += checks.LiveGeneration(repo, i) is null ? 0 : checks.Manifest(repo, i)!.Content.Length;
            }

            for (int i = 0; i < Universe.Tags.Length; i++)
            {
                tags += checks.Tag(repo, i)?.Digest is null ? 0 : 1;
            }
        }

        return (bytes, tags);
    }

    /// <summary>Nobody is at work any more: what was left half-way is looked at by whoever comes by, and then by a recount.</summary>
    public void AtRest(Process process)
    {
        for (int look = 0; look < MaxLooks; look++)
        {
            Task passing = PassAsync(process);
            Require(passing.IsCompletedSuccessfully, $"At rest, whoever comes by a quota ends with {passing.Exception?.InnerException}");
        }

        (long bytes, long tags) = Held();
        QuotaRecord record = Read();
        Require(record.Changes.All(static change => change.Owners.Count == 0), "At rest, something is reserved in a quota and nobody looks at it.");
        Require(MayCountMore || (record.Bytes <= bytes && record.Tags <= tags), $"At rest, {bytes} bytes and {tags} tags are held, and the quota counts {record.Bytes} and {record.Tags}.");
        Require(!IsExact || (record.Bytes == bytes && record.Tags == tags), $"At rest, {bytes} bytes and {tags} tags are held, and the quota counts {record.Bytes} and {record.Tags} only.");

        Task<Maintenance.Quotas.QuotaReport> counting = process.RecountAsync(CancellationToken.None);
        Require(counting.IsCompletedSuccessfully, $"At rest, a recount ends with {counting.Exception?.InnerException}");
        record = Read();
        Require(record.Bytes == bytes && record.Tags == tags, $"At rest, {bytes} bytes and {tags} tags are held, and a recount says {record.Bytes} and {record.Tags}.");
    }

    // Somebody who let go of something may have stood still until others gave up on it and looked, and have broken off after that.
    private bool MayCountMore => !_isStrict && simulator.Faults > 0 && !IsInTime;

    // Whether nobody can have taken somebody else for lost who was not.
    private bool IsInTime => simulator.Now == simulator.Began && simulator.Scenario.Clocks.Max() - simulator.Scenario.Clocks.Min() < QuotaOwner.Life;

    // What docs/quotas.md leaves to a recount takes somebody who lets go of something, or a push that takes longer than others wait for it, by their clocks.
    private bool IsExact => _isStrict && IsInTime;

    private static async Task PassAsync(Process process)
    {
        try
        {
            QuotaClaim? claim = await process.Root.Quotas.ReserveAsync(Universe.Repositories[0], [QuotaItem.Tag(Universe.Repositories[0], Model.Tag.Parse("none"))], CancellationToken.None);
            await claim!.EndAsync(settled: false, CancellationToken.None);
        }
        catch (RegistryException)
        {
            // The quota is used up.
        }
    }

    private QuotaRecord Read() => simulator.Content.Find(s_key) is { } found ? QuotaRecord.Decode(found.Bytes) : new QuotaRecord();

    private void Require(bool holds, string violation)
    {
        if (!holds)
        {
            simulator.Violate(violation);
        }
    }
}
