using Registry.Content.Blobs;
using Registry.Content.Catalog;
using Registry.Content.Erasing;
using Registry.Content.Manifests;
using Registry.Content.Quotas;
using Registry.Content.Records;
using Registry.Content.Referrers;
using Registry.Content.Refs;
using Registry.Content.Released;
using Registry.Content.Tags;
using Registry.Content.Uploads;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content;

/// <summary>Everything that one store holds: the services over it, put together in one place.</summary>
internal sealed class ContentRoot : IDisposable
{
    private readonly LocalUploads _localUploads;
    private volatile bool _usable;

    /// <param name="store">The store.</param>
    /// <param name="options">How content is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">What ids and waits are drawn from in place of the system's generator, so that a simulation can be repeated.</param>
    /// <param name="quotas">The quotas over the store.</param>
    public ContentRoot(IObjectStore store, ContentOptions options, TimeProvider time, Random? random = null, IQuotaScopes? quotas = null)
    {
        Store = store;
        Options = options;
        Time = time;
        var ids = new Ulid(time, random);
        var records = new RecordStore(store, ids, time, random);
        var refs = new RefStore(store, ids, time, options);
        Records = records;
        Refs = refs;
        _localUploads = new LocalUploads(time);
        Ids = ids;
        Format = new StorageFormat(store);
        Catalog = new RepositoryCatalog(store, time);
        Quotas = new QuotaBook(new QuotaHoldings(store, records), records, quotas ?? NoQuotas.Instance, ids, time, options);
        Blobs = new BlobStore(store, records, refs, Catalog, Released, Quotas, time, options);
        var tags = new TagRecords(store, records);
        var names = new TagNames(store, records, time);
        Tags = new TagStore(store, tags, names, Released, Quotas, ids, time, options);
        TagPushes = new TagPush(store, tags, names, Released, ids, time, options);
        var manifests = new ManifestRecords(records, time, options);
        var release = new ManifestRelease(store, refs, Released);
        var quota = new ManifestQuota(Quotas, options);
        Manifests = new ManifestStore(
            manifests,
            new ManifestPush(store, manifests, release, refs, Tags, TagPushes, Catalog, new ManifestContent(records, refs, Blobs, options), quota, ids, time, options),
            new ManifestDeletion(manifests, release, Tags, quota),
            Tags);
        Referrers = new ReferrerIndex(store, records, options);
        Eraser = new RepositoryEraser(store, Records, Manifests, Tags, Blobs, Catalog);
        Committer = new BlobCommitter(store, records);
        var sessions = new SessionRecords(store, records, time);
        Uploads = new UploadSessions(
            store,
            records,
            sessions,
            new SessionAppender(store, records, sessions, time, options),
            new SessionCommitter(store, records, sessions, refs, Catalog, Committer, Quotas, ids, time),
            _localUploads,
            ids,
            time);
    }

    /// <summary>The store, for maintenance; everything else goes through the services.</summary>
    public IObjectStore Store { get; }

    public RecordStore Records { get; }

    public RefStore Refs { get; }

    public TimeProvider Time { get; }

    /// <summary>What this node let go of.</summary>
    public ReleasedContent Released { get; } = new();

    public ContentOptions Options { get; }

    public Ulid Ids { get; }

    public StorageFormat Format { get; }

    public RepositoryCatalog Catalog { get; }

    /// <summary>What feeds and repositories may hold.</summary>
    public QuotaBook Quotas { get; }

    public BlobStore Blobs { get; }

    public UploadSessions Uploads { get; }

    public BlobCommitter Committer { get; }

    public ManifestStore Manifests { get; }

    public TagStore Tags { get; }

    public TagPush TagPushes { get; }

    public ReferrerIndex Referrers { get; }

    public RepositoryEraser Eraser { get; }

    /// <summary>Makes sure, once, that the store holds what this software knows.</summary>
    /// <exception cref="InvalidOperationException">It holds something else.</exception>
    public ValueTask EnsureUsableAsync(CancellationToken cancellationToken)
    {
        return _usable ? default : CheckAsync();

        async ValueTask CheckAsync()
        {
            await Format.EnsureAsync(cancellationToken).ConfigureAwait(false);
            _usable = true;
        }
    }

    public void Dispose() => _localUploads.Dispose();
}
