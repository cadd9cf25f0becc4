using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Tags;
using Registry.Content.Uploads;
using Registry.Errors;
using Registry.Model;
using Registry.Simulation.Checks;
using Registry.Simulation.World;
using Registry.TagHistories;

namespace Registry.Simulation.Scenarios;

/// <summary>What clients do, request by request, and what they are told.</summary>
internal sealed class Clients
{
    private readonly Simulator? _simulator;
    private readonly Fiber? _fiber;
    private readonly Process? _only;
    private readonly Plan _plan;
    private readonly int _repo;
    private readonly RepositoryName _repository;
    private readonly CancellationToken _cancel;

    private Clients(Simulator? simulator, Fiber? fiber, Process? only, Plan plan)
    {
        _simulator = simulator;
        _fiber = fiber;
        _only = only;
        _plan = plan;
        _repo = plan.Repository;
        _repository = Universe.Repositories[_repo];
        _cancel = fiber?.Leaving.Token ?? CancellationToken.None;
    }

    private Process Process => _only ?? _simulator!.Node(_fiber!.Node);

    private ContentRoot Node => Process.Root;

    private bool HasImmutableTag => _simulator?.Scenario.HasImmutableTag == true;

    private TagGuard Guard => HasImmutableTag ? new TagGuard(static tag => new(World.Process.TagRules.FindDeletionRefusal(tag, mayOverwrite: true))) : TagGuard.None;

    private RunChecks? Checks => _simulator?.Checks;

    public static Task ActAsync(Simulator simulator, Fiber fiber) => new Clients(simulator, fiber, null, fiber.Plan).RunAsync();

    /// <summary>Does something at a node of no simulation.</summary>
    public static Task ActAsync(Process node, Plan plan) => new Clients(null, null, node, plan).RunAsync();

    private async Task RunAsync()
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await OnceAsync();
                return;
            }
            catch (IOException) when (attempt == 0 && _plan.Has(Variants.Retries))
            {
                ToOtherNode();
            }
        }
    }

    private Task OnceAsync() => _plan.Act switch
    {
        Act.Push => PushAsync(_plan.Item, _plan.Tag),
        Act.PutManifest => PutAsync(_plan.Item, _plan.Tag),
        Act.Upload => UploadAsync(_plan.Item),
        Act.AbandonUpload => BeginUploadAsync(cancel: false),
        Act.CancelUpload => BeginUploadAsync(cancel: true),
        Act.Head => HeadAsync(_plan.Item),
        Act.Mount => MountAsync(_plan.Item),
        Act.Pull => PullAsync(),
        Act.ReadTag => ReadTagAsync(),
        Act.DeleteManifest => DeleteManifestAsync(),
        Act.DeleteTag => DeleteTagAsync(),
        Act.DeleteBlob => DeleteBlobAsync(),
        Act.Collect => Process.Collector.ScanAsync(dryRun: false, notSince: null, _cancel).AsTask(),
        Act.CollectBlob => Process.CollectBlobAsync(Universe.Blobs[_plan.Item], _cancel),
        Act.CollectManifest => Process.CollectManifestAsync(_repository, Universe.Manifests[_plan.Item].Digest, _cancel),
        Act.CollectRepositories => Process.CollectRepositoriesAsync(_cancel),
        Act.CollectBlobs => Process.CollectBlobsAsync(_cancel),
        Act.Sweep => Process.SweepAsync(_cancel),
        Act.StopAtLease => Node.Refs.LeaseAsync(_repository, Universe.Blobs[_plan.Item], Node.Ids.Next(), _cancel).AsTask(),
        Act.StopAtGone => Process.StopAtGoneAsync(Universe.Blobs[_plan.Item], _cancel),
        Act.Retain => Process.RetainAsync(_cancel),
        Act.Scrub => Process.ScrubAsync(_cancel),
        Act.Recount => Process.RecountAsync(_cancel),
        Act.WorkOff => Process.Collector.WorkOffAsync(_cancel).AsTask(),
        _ => throw new InvalidOperationException($"{_plan.Act}?"),
    };

    private async Task PushAsync(int manifest, int tag)
    {
        Part part = Universe.Manifests[manifest];
        foreach (int child in part.Children)
        {
            await PushAsync(child, tag: -1);
        }

        foreach (int blob in part.Blobs)
        {
            if (!_plan.Has(Variants.Blindly) && await HeadAsync(blob))
            {
                continue;
            }

            if (!_plan.Has(Variants.Mounts) || !await MountAsync(blob))
            {
                await UploadAsync(blob);
            }
        }

        await PutAsync(manifest, tag);
    }

    private async Task PutAsync(int manifest, int tag)
    {
        Part part = Universe.Manifests[manifest];
        TagCondition condition = _plan.Has(Variants.OnlyNew) ? TagCondition.PointsNotAt(null)
            : _plan.Has(Variants.OnlyMoved) ? TagCondition.PointsAt(null)
            : _plan.Has(Variants.OnlyFrom) ? TagCondition.PointsAt([Universe.Manifests[manifest == Universe.Image ? Universe.OtherImage : Universe.Image].Digest])
            : TagCondition.None;
        condition = tag < 0 ? TagCondition.None : condition;
        Func<Tag, bool> isGuarded = static _ => false;
        if (HasImmutableTag)
        {
            isGuarded = World.Process.TagRules.IsGuarded;
            condition = tag == 0 ? TagCondition.Keeps(new Dictionary<string, string> { [Universe.Tags[0].Value] = World.Process.TagRules.WhyNotMoved(Universe.Tags[0], mayOverwrite: true)! }, part.Digest).And(condition) : condition;
        }

        PushTold? told = Checks?.PushBegins(_fiber!, _repo, manifest, tag);
        try
        {
            await Node.Manifests.PutAsync(_repository, part.Stored, part.Document, new Pointing(tag < 0 ? [] : [Universe.Tags[tag]]) { Condition = condition, IsGuarded = isGuarded }, _cancel);
        }
        catch (RegistryException e)
        {
            Checks?.PushRefused(told!, e);
            throw;
        }

        Checks?.Pushed(told!);
    }

    private async Task<bool> HeadAsync(int blob)
    {
        DateTimeOffset asked = Checks?.Now ?? default;
        bool found = await Node.Blobs.FindAsync(_repository, Universe.Blobs[blob], forPush: true, _cancel) is not null;
        if (found)
        {
            Checks?.BlobTold(_fiber!, _repo, blob, asked);
        }

        return found;
    }

    private async Task<bool> MountAsync(int blob)
    {
        DateTimeOffset asked = Checks?.Now ?? default;
        RepositoryName source = Universe.Repositories[1 - _repo];
        bool mounted = await Node.Blobs.MountAsync(_repository, source, Universe.Blobs[blob], Node.Ids.Next(), _cancel);
        if (mounted)
        {
            Checks?.BlobTold(_fiber!, _repo, blob, asked);
        }

        return mounted;
    }

    private async Task UploadAsync(int blob)
    {
        byte[] bytes = Universe.BlobBytes[blob];
        Digest digest = Universe.Blobs[blob];
        string id = await Node.Uploads.StartAsync(_repository, DigestAlgorithm.Sha256, _cancel);
        DateTimeOffset asked = Checks?.Now ?? default;
        UploadResult result;
        if (_plan.Has(Variants.Chunked))
        {
            result = await Node.Uploads.AppendAsync(_repository, id, Body(bytes), null, _cancel);
            if (result.Outcome == UploadOutcome.Accepted)
            {
                ToOtherNode();
                asked = Checks?.Now ?? default;
                try
                {
                    result = await Node.Uploads.FinishAsync(_repository, id, [digest], null, null, _cancel);
                }
                catch (IOException) when (_plan.Has(Variants.Retries))
                {
                    ToOtherNode();
                    asked = Checks?.Now ?? default;
                    result = await Node.Uploads.FinishAsync(_repository, id, [digest], null, null, _cancel);
                }
            }
        }
        else
        {
            result = await Node.Uploads.FinishAsync(_repository, id, [digest], Body(bytes), null, _cancel);
        }

        if (result.Outcome != UploadOutcome.Accepted)
        {
            throw new IOException($"The upload is {result.Outcome}.");
        }

        Checks?.BlobTold(_fiber!, _repo, blob, asked);
    }

    private async Task BeginUploadAsync(bool cancel)
    {
        string id = await Node.Uploads.StartAsync(_repository, DigestAlgorithm.Sha256, _cancel);
        await Node.Uploads.AppendAsync(_repository, id, Body(Universe.BlobBytes[_plan.Item]), null, _cancel);
        if (cancel)
        {
            ToOtherNode();
            await Node.Uploads.CancelAsync(_repository, id, _cancel);
        }
    }

    private async Task PullAsync()
    {
        int found = _plan.Tag >= 0 ? await ReadTagAsync() : IndexOf(await Node.Manifests.GetAsync(_repository, new Reference(Universe.Manifests[_plan.Item].Digest), _cancel));
        if (found >= 0)
        {
            await PullContentAsync(found);
        }
    }

    private async Task PullContentAsync(int manifest)
    {
        string? generation = Checks?.LiveGeneration(_repo, manifest);
        foreach (int blob in Universe.Manifests[manifest].Blobs)
        {
            bool whole = await ReadBlobAsync(blob) || await ReadBlobAsync(blob);
            if (!whole && _simulator?.Scenario.IsSpoilt == false && generation is not null && Checks?.LiveGeneration(_repo, manifest) == generation)
            {
                _simulator?.Violate($"{_fiber} cannot pull b{blob} of {Universe.Manifests[manifest].Name}, which could be pulled all the time.");
            }
        }
    }

    private async Task<bool> ReadBlobAsync(int blob)
    {
        if (await Node.Blobs.FindAsync(_repository, Universe.Blobs[blob], forPush: false, _cancel) is not { } found
            || await Node.Blobs.OpenAsync(found, 0, null, _cancel) is not { } content)
        {
            return false;
        }

        await content.DisposeAsync();
        return true;
    }

    private async Task<int> ReadTagAsync()
    {
        int called = Checks?.ReadBegins() ?? 0;
        int found = IndexOf(await Node.Manifests.GetAsync(_repository, new Reference(Universe.Tags[_plan.Tag]), _cancel));

        // Where manifests are remembered for a while, one may be seen that was deleted elsewhere.
        if (_simulator?.Scenario.CacheLifetime == TimeSpan.Zero)
        {
            Checks?.Read(_fiber!, _repo, _plan.Tag, called, found);
        }

        return found;
    }

    private static int IndexOf(StoredManifest? manifest) => manifest is null ? TagEvent.Nowhere : Universe.ManifestOf(manifest.Digest);

    private async Task DeleteManifestAsync()
    {
        DeleteTold? told = Checks?.DeleteBegins(_fiber!, _repo, _plan.Item);
        bool deleted = await Node.Manifests.DeleteAsync(_repository, Universe.Manifests[_plan.Item].Digest, Guard, default, _cancel);
        Checks?.Deleted(told!, deleted);
    }

    private async Task DeleteTagAsync()
    {
        TagEvent? told = Checks?.TagDeleteBegins(_fiber!, _repo, _plan.Tag);
        bool deleted = await Node.Tags.DeleteAsync(_repository, Universe.Tags[_plan.Tag], Guard, default, _cancel);
        Checks?.TagDeleted(_fiber!, told!, deleted);
    }

    private async Task DeleteBlobAsync()
    {
        Checks?.BlobDeleteBegins(_fiber!, _repo, _plan.Item);
        await Node.Blobs.DeleteAsync(_repository, Universe.Blobs[_plan.Item], _cancel);
        Checks?.BlobDeleted(_fiber!, _repo, _plan.Item);
    }

    private void ToOtherNode()
    {
        if (_fiber is not null)
        {
            _fiber.Node = (_fiber.Node + 1) % _simulator!.Scenario.Clocks.Length;
        }
    }

    private static UploadBody Body(byte[] bytes) => new(new MemoryStream(bytes, writable: false), bytes.Length);
}
