using System.Runtime.CompilerServices;
using Registry.Content;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>
/// Copies everything that a registry keeps from one store to another of any kind, while the registry is in use: for a backup, or to move it. What is in the target already and is equal is not copied again, so that a copy that was stopped
/// goes on, and a copy made again only takes what is new.
/// </summary>
/// <remarks>
/// <para>The target is empty, or a copy of the same registry that no host has used. While it is copied to, no host starts on it, and nothing else may write to it.</para>
/// <para>Blobs are hashed while they are copied, and manifests before. Whatever manifest can be pulled from the target can be pulled whole there: what is broken in the source is reported and not copied.</para>
/// <para>Not copied are uploads that are not finished, what is in quarantine, and how far maintenance came.</para>
/// </remarks>
public sealed class ContentCopy
{
    private readonly IObjectStore _source;
    private readonly IObjectStore _target;
    private readonly ContentCopyOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Prepares a copy. Nothing is read or written before <see cref="RunAsync"/>.</summary>
    /// <param name="source">The store to copy from. It is only read.</param>
    /// <param name="target">The store to copy to.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="time">The clock; <see langword="null"/> for the system's.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or the source is the target.</exception>
    public ContentCopy(IObjectStore source, IObjectStore target, ContentCopyOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        _source = source;
        _target = target;
        _options = options ?? new ContentCopyOptions();
        _time = time ?? TimeProvider.System;
        if (ReferenceEquals(source, target))
        {
            throw new ArgumentException("A store cannot be copied to itself.", nameof(target));
        }

        if (_options.Validate().ToList() is { Count: > 0 } mistakes)
        {
            throw new ArgumentException(string.Join(" ", mistakes), nameof(options));
        }
    }

    /// <summary>Copies. It may be stopped at any time and run again.</summary>
    /// <param name="progress">Is told now and then how far it came; <see langword="null"/> for nobody.</param>
    /// <param name="cancellationToken">Stops it. The target stays marked as half a copy.</param>
    /// <exception cref="InvalidOperationException">The source holds no registry, or the target something else than a copy of it.</exception>
    /// <exception cref="IOException">One of the stores failed.</exception>
    public async Task<ContentCopyReport> RunAsync(IProgress<ContentCopyReport>? progress = null, CancellationToken cancellationToken = default)
    {
        // Neither side remembers anything: what a copy goes by is what the stores say now. Blobs of any size that the source has are taken.
        var content = new ContentOptions { CacheLifetime = TimeSpan.Zero, CacheBytes = 0 };
        using var source = new ContentRoot(_source, content, _time);
        using var target = new ContentRoot(_target, content, _time);
        var marker = new CopyTarget(_source, target);
        await marker.BeginAsync(cancellationToken).ConfigureAwait(false);
        await new CopyLeftovers(target).RemoveAsync(cancellationToken).ConfigureAwait(false);

        var run = new CopyRun(source, target, _options, progress, cancellationToken);
        var blobs = new BlobCopy(run);
        var manifests = new ManifestCopy(run, blobs);
        var tags = new TagCopy(run, manifests);
        var objects = new ObjectCopy(run);
        long before;
        do
        {
            before = run.Changes;
            await CopyPassAsync(run, blobs, manifests, tags, objects).ConfigureAwait(false);
            run.Note(report => report with { Passes = report.Passes + 1, IsCurrent = run.Changes == before });
        }
        while (run.Changes > before && run.Report.Passes < _options.MaxPasses);

        await marker.ThrowIfLostAsync(cancellationToken).ConfigureAwait(false);
        await new CopyRemoval(run, tags, objects).RunAsync().ConfigureAwait(false);
        foreach (Func<IObjectStore, IAsyncEnumerable<string>> list in ListsOfObjects(run))
        {
            await objects.RemoveAllAsync(list).ConfigureAwait(false);
        }

        await objects.RemoveAllAsync(store => store.ListAllAsync(ContentKeys.CatalogPrefix, cancellationToken)).ConfigureAwait(false);
        await marker.EndAsync(cancellationToken).ConfigureAwait(false);
        run.Note(report => report with { Ended = _time.GetUtcNow() });
        return run.Report;
    }

    private static async ValueTask CopyPassAsync(CopyRun run, BlobCopy blobs, ManifestCopy manifests, TagCopy tags, ObjectCopy objects)
    {
        // The bulk first. Each manifest then sees to what came since, so that this order saves time and nothing rests on it.
        await blobs.CopyAllAsync().ConfigureAwait(false);
        await objects.CopyAllAsync(store => LeasesAsync(store, run.Token), sayAll: true).ConfigureAwait(false);
        await run.ForEachAsync(
            run.Source.Store.ListRepositoriesAsync(run.Token),
            async key =>
            {
                if (!ContentKeys.TryParseRepository(key, out RepositoryName repository, out string section))
                {
                    return;
                }

                switch (section)
                {
                    case "manifests" when ContentKeys.TryParseManifest(key, out Digest digest):
                        await manifests.EnsureAsync(repository, digest).ConfigureAwait(false);
                        break;
                    case "tags" when Tag.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), out Tag tag):
                        await tags.EnsureAsync(repository, tag).ConfigureAwait(false);
                        break;
                    default:
                        await objects.EnsureAsync(key).ConfigureAwait(false);
                        break;
                }
            }).ConfigureAwait(false);
        await tags.FollowAsync().ConfigureAwait(false);

        // A repository is listed when it has something to show.
        await objects.CopyAllAsync(store => store.ListAllAsync(ContentKeys.CatalogPrefix, run.Token), sayAll: true).ConfigureAwait(false);
        foreach (Func<IObjectStore, IAsyncEnumerable<string>> list in ListsOfObjects(run))
        {
            await objects.CopyAllAsync(list, sayAll: false).ConfigureAwait(false);
        }
    }

    private static IEnumerable<Func<IObjectStore, IAsyncEnumerable<string>>> ListsOfObjects(CopyRun run)
    {
        yield return store => store.ListOthersAsync(run.Token);
        if (run.Options.IncludeAuthentication)
        {
            yield return store => store.ListAllAsync(CopyKeys.AuthenticationPrefix, run.Token);
        }
    }

    private static async IAsyncEnumerable<string> LeasesAsync(IObjectStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string key in store.ListAllAsync(ContentKeys.RefsPrefix, cancellationToken).ConfigureAwait(false))
        {
            if (ContentKeys.TryParseRefOwner(key, out RefOwner owner) && owner.Manifest is null)
            {
                yield return key;
            }
        }
    }
}
