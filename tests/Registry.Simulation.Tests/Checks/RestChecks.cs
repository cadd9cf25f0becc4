using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Scrubbing;
using Registry.Model;
using Registry.Simulation.Scenarios;
using Registry.Simulation.World;

namespace Registry.Simulation.Checks;

/// <summary>
/// What must hold when nobody does anything any more and collectors have had the time that they need: nothing is left that nothing needs, and every index says what the records say.
/// </summary>
internal sealed class RestChecks(Simulator simulator)
{
    // One pass marks and the next takes; an index, its children and their blobs go one after the other, and what is left of each after that.
    private const int MaxPasses = 16;

    // The first may go on from where one that stopped had come to, and see nothing of what lies before.
    private const int MinPasses = 2;

    private readonly StoreContent _content = simulator.Content;
    private readonly Scenario _scenario = simulator.Scenario;
    private readonly HashSet<string> _expected = new(StringComparer.Ordinal);

    public void Run()
    {
        using var process = new Process(new DirectStore(_content, _scenario.ConditionalDeletes), _scenario, new ContentTime(_content), new SimulationRandom(simulator.Seed), _content.Now);
        simulator.Checks.ForgetPromises(_scenario.IsSpoilt);

        // Past the reach of every wrong clock.
        _content.Now += TimeSpan.FromDays(5);
        for (int scrubs = _scenario.IsSpoilt ? 3 : 0; scrubs > 0; scrubs--)
        {
            Scrub(process);
            simulator.Checks.ForgetPromises(stillSpoilt: scrubs > 1);
        }

        Collect(process);
        if (_scenario.IsSpoilt || Array.Exists(simulator.Fibers, static fiber => fiber.Plan.Act == Act.Scrub))
        {
            Scrub(process);
            Collect(process);
            ScrubReport report = Scrub(process);
            Require(report.Findings.Count == 0, $"At rest, a scrub finds {string.Join("; ", report.Findings.Select(static finding => $"{finding.Kind} {Universe.Shorten(finding.Key)}"))}");
        }

        simulator.Checks.Quota?.AtRest(process);
        CheckManifests();
        CheckTags();
        CheckBlobs();
        foreach (string key in _content.Keys)
        {
            CheckKey(key);
        }

        foreach (string key in _expected)
        {
            Require(_content.Find(key) is not null, $"At rest, {Universe.Shorten(key)} is missing.");
        }

        Require(_content.OpenUploads == 0, "At rest, the store keeps an upload that nobody goes on with.");
    }

    private ScrubReport Scrub(Process process)
    {
        _content.Now += TimeSpan.FromHours(3);
        Task<ScrubReport> scrub = process.ScrubAsync(CancellationToken.None);
        Require(scrub.IsCompletedSuccessfully, $"At rest, a scrub ends with {scrub.Exception?.InnerException}");
        return scrub.IsCompletedSuccessfully ? scrub.Result : new ScrubReport { Id = "", Started = _content.Now, Findings = [] };
    }

    private void Collect(Process process)
    {
        int changes;
        int passes = 0;
        do
        {
            Require(++passes < MaxPasses, "Collectors do not come to an end.");
            changes = simulator.Checks.Changes;
            _content.Now += TimeSpan.FromHours(3);
            Task task = process.Collector.ScanAsync(dryRun: false, notSince: null, CancellationToken.None).AsTask();
            Require(task.IsCompletedSuccessfully, $"At rest, a collector ends with {task.Exception?.InnerException}");
        }
        while ((changes != simulator.Checks.Changes || passes < MinPasses) && simulator.Violation is null);
    }

    private void CheckManifests()
    {
        for (int repo = 0; repo < Universe.Repositories.Length; repo++)
        {
            for (int i = 0; i < Universe.Manifests.Length; i++)
            {
                Part part = Universe.Manifests[i];
                string name = $"{Universe.Repositories[repo]}@{part.Name}";
                if (simulator.Checks.Manifest(repo, i) is not { } record)
                {
                    continue;
                }

                Require(record.State != ManifestState.Pending, $"At rest, {name} is pending.");
                Require(record.State != ManifestState.Deleted || !_scenario.ConditionalDeletes, $"At rest, there is what is left of {name}.");
                if (record.State != ManifestState.Live)
                {
                    continue;
                }

                Require(record.CondemnedAt is null, $"At rest, {name} is condemned.");
                foreach (int blob in part.Blobs)
                {
                    Require(simulator.Checks.IsWhole(blob), $"At rest, {name} can be pulled and b{blob} is not whole.");
                }

                foreach (Digest content in part.Document.RequiredContent())
                {
                    _expected.Add(ContentKeys.ManifestRef(content, Universe.Repositories[repo], part.Digest, record.Generation));
                }

                if (part.Subject >= 0)
                {
                    _expected.Add(ContentKeys.Referrer(Universe.Repositories[repo], Universe.Manifests[part.Subject].Digest, part.Digest, record.Generation));
                }
            }
        }
    }

    private void CheckTags()
    {
        for (int repo = 0; repo < Universe.Repositories.Length; repo++)
        {
            for (int i = 0; i < Universe.Tags.Length; i++)
            {
                if (simulator.Checks.Tag(repo, i) is not { } record)
                {
                    continue;
                }

                string name = $"{Universe.Repositories[repo]}:{Universe.Tags[i]}";
                Require(record.Digest is not null || !_scenario.ConditionalDeletes, $"At rest, there is what is left of the tag {name}.");
                if (record.Digest is null)
                {
                    continue;
                }

                int manifest = Universe.ManifestOf(record.Digest);
                Require(simulator.Checks.LiveGeneration(repo, manifest) == record.ManifestGeneration, $"At rest, the tag {name} points at {Universe.Manifests[manifest].Name}, which is not there.");
                _expected.Add(ContentKeys.TagName(Universe.Repositories[repo], Universe.Tags[i], record.Listed!));
                _expected.Add(ContentKeys.Tagged(Universe.Repositories[repo], Universe.Manifests[manifest].Digest, Universe.Tags[i], record.Generation));
            }
        }
    }

    private void CheckBlobs()
    {
        for (int i = 0; i < Universe.Blobs.Length; i++)
        {
            if (simulator.Checks.Blob(i) is not { } record)
            {
                continue;
            }

            if (record.State == BlobState.Gone)
            {
                Require(record.Burnt || !_scenario.ConditionalDeletes, $"At rest, there is what is left of b{i}.");
                continue;
            }

            Require(simulator.Checks.IsWhole(i), $"At rest, b{i} is not whole.");
            Require(IsNamed(i), $"At rest, b{i} is there and nothing names it.");
            _expected.Add(record.Data);
        }
    }

    private bool IsNamed(int blob)
    {
        for (int repo = 0; repo < Universe.Repositories.Length; repo++)
        {
            for (int i = 0; i < Universe.Manifests.Length; i++)
            {
                if (simulator.Checks.LiveGeneration(repo, i) is not null && Array.IndexOf(Universe.Manifests[i].Blobs, blob) >= 0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void CheckKey(string key)
    {
        bool indexed = key.StartsWith(ContentKeys.DataPrefix, StringComparison.Ordinal)
            || key.StartsWith(ContentKeys.RefsPrefix, StringComparison.Ordinal)
            || key.StartsWith(ContentKeys.UploadsPrefix, StringComparison.Ordinal)
            || (key.StartsWith(ContentKeys.RepositoriesPrefix, StringComparison.Ordinal) && !Universe.Records.ContainsKey(key));
        bool kept = key.StartsWith(ContentKeys.DataPrefix, StringComparison.Ordinal) && _content.Find(ScrubKeys.Quarantined(key)) is not null;
        Require(!indexed || kept || _expected.Contains(key), $"At rest, {Universe.Shorten(key)} is there and belongs to nothing.");
    }

    private void Require(bool holds, string violation)
    {
        if (!holds)
        {
            simulator.Violate(violation);
        }
    }
}
