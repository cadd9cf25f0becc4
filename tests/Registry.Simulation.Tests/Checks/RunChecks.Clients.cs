using Registry.Content;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Model;
using Registry.Simulation.Scenarios;
using Registry.Simulation.World;
using Registry.TagHistories;

namespace Registry.Simulation.Checks;

/// <summary>What clients were told, and whether it is so.</summary>
internal sealed partial class RunChecks
{
    private readonly TimeSpan _promised;
    private readonly DateTimeOffset[,] _blobPromises = new DateTimeOffset[Universe.Repositories.Length, Universe.Blobs.Length];
    private readonly DateTimeOffset[,] _manifestPromises = new DateTimeOffset[Universe.Repositories.Length, Universe.Manifests.Length];

    // Deletions that are under way, or that nobody knows the end of.
    private readonly int[,] _blobDeletes = new int[Universe.Repositories.Length, Universe.Blobs.Length];
    private readonly int[,] _manifestDeletes = new int[Universe.Repositories.Length, Universe.Manifests.Length];
    private readonly int[,] _initial = new int[Universe.Repositories.Length, Universe.Tags.Length];
    private readonly List<TagEvent>[,] _histories = new List<TagEvent>[Universe.Repositories.Length, Universe.Tags.Length];

    public DateTimeOffset Now => _simulator.Now;

    /// <summary>A fiber has ended, or will never.</summary>
    /// <param name="fiber">Which.</param>
    public void Ends(Fiber fiber)
    {
        // What clients may be told: that something is wrong with their request, or with the store.
        if (fiber.Task.Exception?.InnerException is { } fault and not (RegistryException or IOException or OperationCanceledException))
        {
            Violate($"{fiber} ends with {fault}");
        }
    }

    /// <summary>A client is told that a blob is there.</summary>
    public void BlobTold(Fiber fiber, int repo, int blob, DateTimeOffset asked)
    {
        if (fiber.State != FiberState.Running || _blobDeletes[repo, blob] > 0)
        {
            return;
        }

        DateTimeOffset until = (fiber.LeasedAt > asked ? fiber.LeasedAt : asked) + _promised;
        _blobPromises[repo, blob] = until > _blobPromises[repo, blob] ? until : _blobPromises[repo, blob];
        CheckBlob(blob);
    }

    public void BlobDeleteBegins(Fiber fiber, int repo, int blob)
    {
        _blobDeletes[repo, blob]++;
        _blobPromises[repo, blob] = default;
    }

    public void BlobDeleted(Fiber fiber, int repo, int blob)
    {
        if (fiber.State == FiberState.Running)
        {
            _blobDeletes[repo, blob]--;
        }
    }

    public PushTold PushBegins(Fiber fiber, int repo, int manifest, int tag)
    {
        Func<int, bool>? condition = fiber.Plan.Has(Variants.OnlyNew) ? static current => current == TagEvent.Nowhere
            : fiber.Plan.Has(Variants.OnlyMoved) ? static current => current != TagEvent.Nowhere
            : fiber.Plan.Has(Variants.OnlyFrom) ? current => current == (manifest == Universe.Image ? Universe.OtherImage : Universe.Image)
            : null;
        if (tag == 0 && _simulator.Scenario.HasImmutableTag)
        {
            Func<int, bool>? also = condition;
            condition = current => (current == TagEvent.Nowhere || current == manifest) && also?.Invoke(current) != false;
        }

        TagEvent? write = tag < 0 ? null : Add(repo, tag, new TagEvent { Action = TagAction.Write, Value = manifest, Condition = condition, Called = _simulator.Step });
        fiber.Acknowledged = false;
        return new PushTold(fiber, repo, manifest, tag, write, _simulator.Step, Now);
    }

    public void Pushed(PushTold told)
    {
        if (told.Fiber.State != FiberState.Running)
        {
            return;
        }

        (int repo, int manifest) = (told.Repository, told.Manifest);
        told.Fiber.Acknowledged = told.Tag >= 0;
        if (told.Event is { } write)
        {
            write.Answered = _simulator.Step;
            write.IsCertain = true;
        }

        DateTimeOffset until = told.BeganAt + _promised;
        if (_manifestDeletes[repo, manifest] == 0 && until > _manifestPromises[repo, manifest])
        {
            _manifestPromises[repo, manifest] = until;
        }

        bool tagged = told.Tag >= 0 && PointsAt(repo, told.Tag) == manifest && _tagWriters[repo, told.Tag] == told.Fiber;
        if (!IsLive(repo, manifest) && (tagged || until > Now) && _deletedByClient[repo, manifest] < told.Began)
        {
            Violate($"{told.Fiber} was told that {Name(repo, manifest)} is stored, and it is not.");
        }
    }

    /// <summary>
    /// A put takes place, and its caller is told of the second, which failed. If the tag changes before the caller looks, nobody can tell that the first took place: what wanted to be written may be written once more, and
    /// what wanted to be deleted may be deleted once more.
    /// </summary>
    public void PutTwice(Operation operation)
    {
        if (Universe.Records.TryGetValue(operation.Key, out RecordPlace place) && place.Kind == RecordKind.Tag)
        {
            int written = PointsAt(place.Repository, place.Item);
            if (written >= 0)
            {
                Add(place.Repository, place.Item, new TagEvent { Action = TagAction.Write, Value = written, Called = operation.Fiber.Began });
            }
            else if (operation.Fiber.Plan.Act == Act.DeleteTag)
            {
                Add(place.Repository, place.Item, new TagEvent { Action = TagAction.Delete, Called = operation.Fiber.Began });
            }
        }
    }

    public void PushRefused(PushTold told, RegistryException refusal)
    {
        if (told.Event is { } write && told.Fiber.State == FiberState.Running)
        {
            // Whatever it did is done.
            write.Answered = _simulator.Step;
            if (refusal.Errors[0].Code is RegistryErrorCode.PreconditionFailed or RegistryErrorCode.Denied && write.Condition is not null && !refusal.Message.StartsWith("The quota of", StringComparison.Ordinal))
            {
                write.Action = TagAction.Refused;
                write.IsCertain = true;
            }
        }
    }

    public DeleteTold DeleteBegins(Fiber fiber, int repo, int manifest)
    {
        _manifestDeletes[repo, manifest]++;
        _manifestPromises[repo, manifest] = default;
        var events = new TagEvent[Universe.Tags.Length];
        for (int tag = 0; tag < events.Length; tag++)
        {
            events[tag] = Add(repo, tag, new TagEvent { Action = TagAction.Clear, Value = manifest, Called = _simulator.Step });
        }

        return new DeleteTold(fiber, repo, manifest, events, _simulator.Step);
    }

    public void Deleted(DeleteTold told, bool deleted)
    {
        if (told.Fiber.State != FiberState.Running)
        {
            return;
        }

        _manifestDeletes[told.Repository, told.Manifest]--;
        for (int tag = 0; tag < told.Events.Length; tag++)
        {
            told.Events[tag].Answered = _simulator.Step;
            if (!deleted && !_wasDeleted[told.Repository, told.Manifest])
            {
                // Nobody's deletion is there that this one could have brought to its end: whatever points at the manifest is none of its business.
                _histories[told.Repository, tag].Remove(told.Events[tag]);
            }
        }

        if (IsLive(told.Repository, told.Manifest) && _liveSince[told.Repository, told.Manifest] < told.Began)
        {
            Violate($"{told.Fiber} was told that {Name(told.Repository, told.Manifest)} is {(deleted ? "deleted" : "not there")}, and it could be pulled all the time.");
        }
    }

    public TagEvent TagDeleteBegins(Fiber fiber, int repo, int tag) => Add(repo, tag, new TagEvent { Action = TagAction.Delete, Called = _simulator.Step });

    public void TagDeleted(Fiber fiber, TagEvent told, bool deleted)
    {
        if (fiber.State == FiberState.Running)
        {
            told.Action = deleted ? TagAction.Delete : TagAction.DeleteNothing;
            told.Answered = _simulator.Step;
            told.IsCertain = true;
        }
    }

    public int ReadBegins() => _simulator.Step;

    public void Read(Fiber fiber, int repo, int tag, int called, int value)
    {
        if (fiber.State == FiberState.Running)
        {
            Add(repo, tag, new TagEvent { Action = TagAction.Read, Value = value, Called = called, Answered = _simulator.Step, IsCertain = true });
        }
    }

    /// <summary>Whatever was promised was promised for a time that is over.</summary>
    /// <param name="stillSpoilt">Whether what the store spoiled is still so.</param>
    public void ForgetPromises(bool stillSpoilt)
    {
        _atRest = true;
        _isSpoilt &= stillSpoilt;
        Array.Clear(_blobPromises);
        Array.Clear(_manifestPromises);
    }

    /// <summary>Nothing can happen any more.</summary>
    public void AtEnd()
    {
        for (int repo = 0; repo < Universe.Repositories.Length; repo++)
        {
            for (int tag = 0; tag < Universe.Tags.Length; tag++)
            {
                CheckHistory(repo, tag);
            }
        }

        if (_simulator.Faults == 0)
        {
            CheckEveryoneCameToAnEnd();
        }
    }

    // Nobody stopped half-way, so that there is nothing for collectors to mend.
    private void CheckEveryoneCameToAnEnd()
    {
        for (int repo = 0; repo < Universe.Repositories.Length; repo++)
        {
            for (int tag = 0; tag < Universe.Tags.Length; tag++)
            {
                int manifest = PointsAt(repo, tag);
                if (manifest < 0 || _tagWriters[repo, tag] is { Acknowledged: false })
                {
                    continue;
                }

                TagRecord record = _tags[repo, tag]!;
                string name = $"{Universe.Repositories[repo]}:{Universe.Tags[tag]}";
                // A collector that takes a way back for forgotten, and lays it again, may do so just when somebody looks for it to delete the tag. Collectors find such a tag later.
                if (!IsLive(repo, manifest) && !Array.Exists(_simulator.Fibers, static fiber => fiber.Plan.Act is Act.Collect or Act.CollectRepositories))
                {
                    Violate($"The tag {name} points at {Universe.Manifests[manifest].Name}, which is not there.");
                }

                if (_content.Find(ContentKeys.Tagged(Universe.Repositories[repo], Universe.Manifests[manifest].Digest, Universe.Tags[tag], record.Generation)) is null)
                {
                    Violate($"There is no way back to the tag {name}.");
                }

                if (_content.Find(ContentKeys.TagName(Universe.Repositories[repo], Universe.Tags[tag], record.Listed!)) is null)
                {
                    Violate($"The tag {name} is in no list.");
                }
            }
        }

        foreach (string key in _content.Keys)
        {
            if (key.StartsWith(ContentKeys.RefsPrefix, StringComparison.Ordinal)
                && ContentKeys.TryParseRefOwner(key, out RefOwner owner) && owner.Manifest is { } digest
                && ContentKeys.TryParseRefRepository(key, out RepositoryName repository)
                && (_manifests[Universe.RepositoryOf(repository), Universe.ManifestOf(digest)] is not { State: ManifestState.Live } manifest || manifest.Generation != owner.Id))
            {
                Violate($"{Universe.Shorten(key)} is left, and nobody stopped half-way.");
            }
        }
    }

    private void CheckHistory(int repo, int tag)
    {
        List<TagEvent>? history = _histories[repo, tag];
        if (history is null)
        {
            return;
        }

        history.Add(new TagEvent { Action = TagAction.Read, Value = LeadsTo(repo, tag), Called = _simulator.Step + 1, Answered = _simulator.Step + 1, IsCertain = true });
        if (!TagHistory.IsLinearizable(history, _initial[repo, tag]))
        {
            Violate($"The history of {Universe.Repositories[repo]}:{Universe.Tags[tag]}, which pointed at {_initial[repo, tag]}, is not linearizable: {string.Join("; ", history)}");
        }
    }

    private TagEvent Add(int repo, int tag, TagEvent tagEvent)
    {
        (_histories[repo, tag] ??= []).Add(tagEvent);
        return tagEvent;
    }
}
