using Azure.Core;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging;

namespace Registry.Storage.Azure;

/// <summary>Keeps objects as block blobs in a container of Azure Blob Storage. Any number of instances and processes may use the container at once.</summary>
/// <remarks>
/// <para>Under the prefix of the options: <c>o/{key}</c> is an object, its bytes and nothing else; <c>u/{key} {id}</c> is a marker of a few bytes for each upload that is
/// not complete, whose bytes are uncommitted blocks of the object's blob; <c>p/</c> is used for an instant at the start. Copying <c>o/</c> copies the store.</para>
/// <para>Azure drops uncommitted blocks a week after the last of them was sent, so an upload that rests for so long is gone. It advises against names in which a part ends with a dot,
/// and takes no more than 254 parts.</para>
/// <para>The account must have a flat namespace (not Data Lake Storage Gen2's hierarchical one), in which names are listed in ordinal order.</para>
/// </remarks>
public sealed class AzureBlobObjectStore : IObjectStore, IConditionalDeletes, IUnfinishedUploads, IDownloadUrls, IDisposable
{
    private readonly AzureBlobObjectStoreOptions _options;
    private readonly BlobNames _names;
    private readonly BlobFaults _faults;
    private readonly BlobReads _reads;
    private readonly BlobWrites _writes;
    private readonly BlobLister _lister;
    private readonly BlobUploads _uploads;
    private readonly UnfinishedLister _unfinished;
    private readonly DownloadUrls _urls;
    private readonly StoreProbe _probe;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private volatile bool _ready;

    /// <summary>Creates a store. Nothing is sent before <see cref="ProbeAsync"/> or the first operation.</summary>
    /// <param name="container">
    /// The container, which has to be there, with the host's credentials and transport. <see cref="CreateClientOptions"/> has the settings for retries that suit.
    /// </param>
    /// <param name="options">Where in the container and how objects are kept.</param>
    /// <param name="time">Tells when download URLs end, and how old leftovers are.</param>
    /// <param name="logger">Is told of the start.</param>
    /// <exception cref="ArgumentException">The options have mistakes: the message names all of them.</exception>
    public AzureBlobObjectStore(BlobContainerClient container, AzureBlobObjectStoreOptions options, TimeProvider time, ILogger<AzureBlobObjectStore> logger)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        if (options.FindMistakes() is { Count: > 0 } mistakes)
        {
            throw new ArgumentException(string.Join(' ', mistakes), nameof(options));
        }

        _options = options;
        _names = new BlobNames(container, options.Prefix ?? "");
        _faults = new BlobFaults(container);
        _reads = new BlobReads(_faults);
        _writes = new BlobWrites();
        _lister = new BlobLister(_names);
        _uploads = new BlobUploads(_names, _writes, options, time, logger);
        _unfinished = new UnfinishedLister(_names, time);
        _urls = new DownloadUrls(_names, options, time);
        _probe = new StoreProbe(_names, _writes, options, logger);
    }

    /// <summary>
    /// Settings for the client whose container a store gets: three retries within about three seconds, since a caller is waiting, instead of the library's own
    /// five within half a minute. Make the client with them, and change them as you like.
    /// </summary>
    public static BlobClientOptions CreateClientOptions()
    {
        var options = new BlobClientOptions();
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 3;
        options.Retry.Delay = TimeSpan.FromMilliseconds(250);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(2);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(60);
        return options;
    }

    /// <summary>Checks that the container can be reached and written to, and that of several writes with one condition one succeeds. The first operation does this otherwise.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="StoreUnavailableException">The container cannot be reached or not be written to.</exception>
    /// <exception cref="InvalidOperationException">The service ignores the conditions of writes, and the options do not say that there is only one process.</exception>
    public ValueTask ProbeAsync(CancellationToken cancellationToken) => _ready
        ? ValueTask.CompletedTask
        : new ValueTask(GuardAsync(static (store, _, cancel) => store.StartAsync(cancel), false, cancellationToken));

    /// <inheritdoc/>
    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        return DoAsync(static (store, key, cancel) => BlobReads.GetAsync(store._names.Object(key), cancel), key, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length.GetValueOrDefault(), nameof(length));
        return DoAsync(
            static (store, of, cancel) => store._reads.OpenReadAsync(store._names.Object(of.key), of.offset, of.length, cancel), (key, offset, length), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        if (content.Length > ObjectStoreLimits.MaxSmallObjectBytes)
        {
            throw new ArgumentException($"A small object has at most {ObjectStoreLimits.MaxSmallObjectBytes} bytes, not {content.Length}.", nameof(content));
        }

        return DoAsync(
            static (store, of, cancel) => store._writes.PutAsync(store._names.Object(of.key), of.content, of.condition, cancel), (key, content, condition), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        return AsValueTask(DoAsync(static (store, key, cancel) => store._writes.DeleteAsync(store._names.Object(key), etag: null, cancel), key, cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) => DoAsync(static (_, answer, _) => Task.FromResult(answer), true, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ArgumentException.ThrowIfNullOrEmpty(etag);
        return DoAsync(
            static async (store, of, cancel) => await store._writes.DeleteAsync(store._names.Object(of.key), of.etag, cancel).ConfigureAwait(false) == Removal.Removed,
            (key, etag),
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(prefix);
        ObjectKey.ThrowIfInvalidPrefix(startAfter ?? "");
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        string? after = string.IsNullOrEmpty(startAfter) ? null : startAfter;
        return DoAsync(static (store, of, cancel) => store._lister.ListAsync(of.prefix, of.after, of.limit, cancel), (prefix, after, limit), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        return DoAsync(static async (store, key, cancel) => (await store._uploads.BeginAsync(key, cancel).ConfigureAwait(false)).ToToken(), key, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken) => DoAsync(
        static async (store, opened, cancel) => await store._uploads.IsOpenAsync(opened, cancel).ConfigureAwait(false)
            ? (ObjectAppender)new BlockAppender(store._uploads, store._faults, opened, store._options)
            : null,
        AzureUploadToken.Parse(token),
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken) => DoAsync(
        static (store, parsed, cancel) => store._uploads.CompleteAsync(parsed, whole: null, cancel), AzureUploadToken.Parse(token), cancellationToken);

    /// <inheritdoc/>
    public ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) => AsValueTask(DoAsync(
        static async (store, parsed, cancel) =>
        {
            await store._uploads.AbortAsync(parsed, cancel).ConfigureAwait(false);
            return true;
        },
        AzureUploadToken.Parse(token),
        cancellationToken));

    /// <inheritdoc/>
    public ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(keyPrefix);
        string? marker = UnfinishedLister.Parse(continuation);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        return DoAsync(static (store, of, cancel) => store._unfinished.ListAsync(of.keyPrefix, of.marker, of.limit, cancel), (keyPrefix, marker, limit), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Uri?> GetDownloadUrlAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        return new ValueTask<Uri?>(GuardAsync(static (store, of, cancel) => store._urls.CreateAsync(of.key, of.lifetime, cancel), (key, lifetime), cancellationToken));
    }

    /// <summary>Frees what the store holds. The container's client is the host's.</summary>
    public void Dispose()
    {
        _starting.Dispose();
        _urls.Dispose();
    }

    private static async ValueTask AsValueTask<T>(ValueTask<T> task) => await task.ConfigureAwait(false);

    private ValueTask<T> DoAsync<TOf, T>(Func<AzureBlobObjectStore, TOf, CancellationToken, Task<T>> work, TOf of, CancellationToken cancellationToken) => new(GuardAsync(
        static async (store, call, cancel) =>
        {
            if (!store._ready)
            {
                await store.StartAsync(cancel).ConfigureAwait(false);
            }

            return await call.work(store, call.of, cancel).ConfigureAwait(false);
        },
        (work, of),
        cancellationToken));

    private async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_ready)
            {
                await _probe.RunAsync(cancellationToken).ConfigureAwait(false);
                _ready = true;
            }

            return true;
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task<T> GuardAsync<TOf, T>(Func<AzureBlobObjectStore, TOf, CancellationToken, Task<T>> work, TOf of, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await work(this, of, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (BlobFaults.IsForeign(e, cancellationToken))
        {
            throw _faults.Translate(e);
        }
    }
}
