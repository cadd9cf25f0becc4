using Registry.Content;
using Registry.Content.Records;
using Registry.Model;
using Registry.Simulation.Scenarios;
using Registry.Simulation.World;
using Registry.TagHistories;

namespace Registry.Simulation.Checks;

/// <summary>A push that is under way, and what its client will have been told.</summary>
internal sealed record PushTold(Fiber Fiber, int Repository, int Manifest, int Tag, TagEvent? Event, int Began, DateTimeOffset BeganAt);

/// <summary>A deletion that is under way.</summary>
internal sealed record DeleteTold(Fiber Fiber, int Repository, int Manifest, TagEvent[] Events, int Began);

/// <summary>
/// What must hold of a run. It reads what the store holds, as each change comes, and what clients are told, and asks nothing of the code under test.
/// </summary>
internal sealed partial class RunChecks : IStoreObserver
{
    private readonly Simulator _simulator;
    private readonly StoreContent _content;
    private readonly BlobRecord?[] _blobs = new BlobRecord?[Universe.Blobs.Length];
    private readonly ManifestRecord?[,] _manifests = new ManifestRecord?[Universe.Repositories.Length, Universe.Manifests.Length];
    private readonly int[,] _liveSince = new int[Universe.Repositories.Length, Universe.Manifests.Length];
    private readonly int[,] _deletedByClient = new int[Universe.Repositories.Length, Universe.Manifests.Length];
    private readonly bool[,] _wasDeleted = new bool[Universe.Repositories.Length, Universe.Manifests.Length];
    private readonly TagRecord?[,] _tags = new TagRecord?[Universe.Repositories.Length, Universe.Tags.Length];
    private readonly Fiber?[,] _tagWriters = new Fiber?[Universe.Repositories.Length, Universe.Tags.Length];

    private bool _atRest;
    private bool _isSpoilt;

    public RunChecks(Simulator simulator)
    {
        _simulator = simulator;
        _content = simulator.Content;
        _isSpoilt = simulator.Scenario.IsSpoilt;
        foreach ((string key, RecordPlace place) in Universe.Records)
        {
            if (_content.Find(key) is { } found)
            {
                Decode(place, found);
            }
        }

        for (int repo = 0; repo < Universe.Repositories.Length; repo++)
        {
            for (int i = 0; i < Universe.Manifests.Length; i++)
            {
                _deletedByClient[repo, i] = -1;
            }

            for (int i = 0; i < Universe.Tags.Length; i++)
            {
                _initial[repo, i] = LeadsTo(repo, i);
            }
        }

        _promised = (Simulator.GracePeriod / 2) - simulator.Scenario.Uncertainty;
        Quota = simulator.Scenario.Quota is { } limits ? new QuotaChecks(simulator, this, limits) : null;
        Quota?.Begin();
    }

    /// <summary>How often anything changed that is more than collectors' own notes.</summary>
    public int Changes { get; private set; }

    public BlobRecord? Blob(int blob) => _blobs[blob];

    public ManifestRecord? Manifest(int repo, int manifest) => _manifests[repo, manifest];

    public QuotaChecks? Quota { get; }

    public TagRecord? Tag(int repo, int tag) => _tags[repo, tag];

    public void Changed(string key, StoredObject? before, StoredObject? after)
    {
        if (_atRest)
        {
            _simulator.Story?.Add($"at rest, {Universe.Shorten(key)} is {(after is null ? "removed" : "written")}");
        }

        Changes += key.StartsWith(ContentKeys.MaintenancePrefix, StringComparison.Ordinal) ? 0 : 1;
        if (Universe.Records.TryGetValue(key, out RecordPlace place))
        {
            switch (place.Kind)
            {
                case RecordKind.Blob:
                    Decode(place, after);
                    CheckBlob(place.Item);
                    break;
                case RecordKind.Manifest:
                    ManifestRecord? was = _manifests[place.Repository, place.Item];
                    Decode(place, after);
                    CheckManifest(place.Repository, place.Item, was);
                    break;
                default:
                    TagRecord? former = _tags[place.Repository, place.Item];
                    Decode(place, after);
                    _tagWriters[place.Repository, place.Item] = _simulator.Current;
                    CheckTag(place.Repository, place.Item, former);
                    break;
            }

            Quota?.Changed();
        }
        else if ((after is null || before is not null) && key.StartsWith(ContentKeys.DataPrefix, StringComparison.Ordinal))
        {
            for (int blob = 0; blob < _blobs.Length; blob++)
            {
                if (_blobs[blob]?.Data == key)
                {
                    CheckBlob(blob);
                }
            }
        }
        else if (key.StartsWith(ContentKeys.RefsPrefix, StringComparison.Ordinal))
        {
            Quota?.Changed();
            if (after is null)
            {
                CheckLostRef(key);
            }
        }
    }

    /// <summary>The generation in which a manifest can be pulled, or <see langword="null"/>.</summary>
    public string? LiveGeneration(int repo, int manifest) => IsLive(repo, manifest) ? _manifests[repo, manifest]!.Generation : null;

    private bool IsLive(int repo, int manifest) => _manifests[repo, manifest] is { State: ManifestState.Live };

    // Where the store spoils something, and a good copy is at hand, scrubs take what cannot be read out of service before they store it anew. What is there then is looked at when they have had their time.
    private bool IsThere(int blob) => _isSpoilt || IsWhole(blob);

    /// <summary>Whether a blob's record leads to its bytes.</summary>
    public bool IsWhole(int blob) => _blobs[blob] is { State: not BlobState.Gone } record && _content.Find(record.Data) is { } data && data.Bytes.AsSpan().SequenceEqual(Universe.BlobBytes[blob]);

    // What can be pulled by a tag.
    private int LeadsTo(int repo, int tag) => _tags[repo, tag] is { } record && IsAlive(repo, record) ? PointsAt(repo, tag) : TagEvent.Nowhere;

    private bool IsAlive(int repo, TagRecord record) =>
        record.Digest is { } digest && LiveGeneration(repo, Universe.ManifestOf(digest)) is { } generation && generation == record.ManifestGeneration;

    private int PointsAt(int repo, int tag) => _tags[repo, tag] is { Digest: { } digest } ? Universe.ManifestOf(digest) : TagEvent.Nowhere;

    private void Decode(RecordPlace place, StoredObject? found)
    {
        switch (place.Kind)
        {
            case RecordKind.Blob:
                _blobs[place.Item] = found is null ? null : BlobRecord.Decode(found.Bytes);
                break;
            case RecordKind.Manifest:
                _manifests[place.Repository, place.Item] = found is null ? null : ManifestRecord.Decode(found.Bytes);
                _wasDeleted[place.Repository, place.Item] |= _manifests[place.Repository, place.Item] is { State: ManifestState.Deleted };
                break;
            default:
                _tags[place.Repository, place.Item] = found is null ? null : TagRecord.Decode(found.Bytes);
                break;
        }
    }

    private void CheckBlob(int blob)
    {
        if (IsThere(blob))
        {
            return;
        }

        if (_blobs[blob] is { State: not BlobState.Gone })
        {
            Violate($"b{blob} is said to be there, and its bytes are not.");
        }

        for (int repo = 0; repo < Universe.Repositories.Length; repo++)
        {
            for (int i = 0; i < Universe.Manifests.Length; i++)
            {
                if (IsLive(repo, i) && Array.IndexOf(Universe.Manifests[i].Blobs, blob) >= 0)
                {
                    Violate($"{Name(repo, i)} can be pulled and b{blob} is not there.");
                }
            }

            if (_blobPromises[repo, blob] > _simulator.Now && _blobDeletes[repo, blob] == 0)
            {
                Violate($"A client was told that {Universe.Repositories[repo]} has b{blob}, and it is gone at once.");
            }
        }
    }

    private void CheckTag(int repo, int tag, TagRecord? was)
    {
        TagRecord? now = _tags[repo, tag];
        if (was is null || now?.Digest == was.Digest || !IsAlive(repo, was))
        {
            return;
        }

        string name = $"{Universe.Repositories[repo]}:{Universe.Tags[tag]}";
        if (_simulator.Scenario.HasImmutableTag && tag == 0)
        {
            Violate($"{_simulator.Current} {(now?.Digest is null ? "deletes" : "moves")} {name}, which is immutable.");
        }

        if (_simulator.Current is { Plan.Act: Act.Retain } who)
        {
            Add(repo, tag, new TagEvent { Action = TagAction.Delete, Called = _simulator.Step, Answered = _simulator.Step, IsCertain = true });
            if (tag != 0 || was.Updated > who.BeganAt + _simulator.Scenario.Clocks[who.Plan.Node] - Process.KeptFor)
            {
                Violate($"{who} removes {name}, which no rule names.");
            }
        }
    }

    private void CheckManifest(int repo, int manifest, ManifestRecord? was)
    {
        ManifestRecord? now = _manifests[repo, manifest];
        bool wasLive = was is { State: ManifestState.Live };
        if (IsLive(repo, manifest))
        {
            if (!wasLive || was!.Generation != now!.Generation)
            {
                _liveSince[repo, manifest] = _simulator.Step;
                CheckNewlyLive(repo, manifest, now!);
            }
        }
        else if (wasLive)
        {
            CheckDeletion(repo, manifest, was!);
        }
    }

    private void CheckNewlyLive(int repo, int manifest, ManifestRecord record)
    {
        Part part = Universe.Manifests[manifest];
        foreach (int blob in part.Blobs)
        {
            if (!IsThere(blob))
            {
                Violate($"{Name(repo, manifest)} can be pulled now and b{blob} is not there.");
            }

            RequireRef(Universe.Blobs[blob]);
        }

        foreach (int child in part.Children)
        {
            // Somebody may have deleted it since the push looked.
            if (!IsLive(repo, child) && _deletedByClient[repo, child] < _simulator.Current.Began)
            {
                Violate($"{Name(repo, manifest)} can be pulled now and {Name(repo, child)} cannot.");
            }

            RequireRef(Universe.Manifests[child].Digest);
        }

        void RequireRef(Digest content)
        {
            if (_content.Find(ContentKeys.ManifestRef(content, Universe.Repositories[repo], part.Digest, record.Generation)) is null)
            {
                Violate($"{Name(repo, manifest)} can be pulled now and does not hold {Universe.Shorten(content.Value)}.");
            }
        }
    }

    private void CheckDeletion(int repo, int manifest, ManifestRecord was)
    {
        Fiber who = _simulator.Current;
        if (_simulator.Scenario.HasImmutableTag && PointsAt(repo, 0) == manifest && _tags[repo, 0]!.ManifestGeneration == was.Generation)
        {
            Violate($"{who} takes {Name(repo, manifest)}, and with it {Universe.Tags[0]}, which is immutable.");
        }

        if (who.Plan.Act == Act.DeleteManifest && who.Plan.Item == manifest && who.Plan.Repository == repo)
        {
            _deletedByClient[repo, manifest] = _simulator.Step;
            return;
        }

        // As of now: another run, for which a rule named it, may have marked it after this one began, and this one takes the second step.
        if (who.Plan.Act == Act.Retain && was.Pushed > Now + _simulator.Scenario.Clocks[who.Plan.Node] - Process.KeptFor)
        {
            Violate($"{who} takes {Name(repo, manifest)}, which no rule names.");
        }

        for (int i = 0; i < Universe.Manifests.Length; i++)
        {
            if (IsLive(repo, i) && Array.IndexOf(Universe.Manifests[i].Children, manifest) >= 0)
            {
                Violate($"{who} takes {Name(repo, manifest)}, which {Name(repo, i)} names.");
            }
        }

        for (int tag = 0; tag < Universe.Tags.Length; tag++)
        {
            if (PointsAt(repo, tag) != manifest || _tags[repo, tag]!.ManifestGeneration != was.Generation)
            {
                continue;
            }

            if (_tagWriters[repo, tag] is null or { Acknowledged: true })
            {
                Violate($"{who} takes {Name(repo, manifest)}, which the tag {Universe.Tags[tag]} points at.");
            }

            // Its push notices and begins again.
            Add(repo, tag, new TagEvent { Action = TagAction.Clear, Value = manifest, Called = _simulator.Step, Answered = _simulator.Step });
        }

        if (_manifestPromises[repo, manifest] > _simulator.Now && _manifestDeletes[repo, manifest] == 0)
        {
            Violate($"{who} takes {Name(repo, manifest)}, which was pushed just now.");
        }
    }

    private void CheckLostRef(string key)
    {
        if (!ContentKeys.TryParseRefOwner(key, out RefOwner owner) || owner.Manifest is not { } digest || !ContentKeys.TryParseRefRepository(key, out RepositoryName name))
        {
            return;
        }

        int repo = Universe.RepositoryOf(name);
        int manifest = Universe.ManifestOf(digest);
        if (IsLive(repo, manifest) && _manifests[repo, manifest]!.Generation == owner.Id)
        {
            Violate($"{Name(repo, manifest)} can be pulled and does not hold any more what it names: {Universe.Shorten(key)} is removed.");
        }
    }

    private static string Name(int repo, int manifest) => $"{Universe.Repositories[repo]}@{Universe.Manifests[manifest].Name}";

    private void Violate(string what) => _simulator.Violate(what);
}
