using System.IO.Abstractions;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Registry.Storage.FileSystem;

/// <summary>Keeps objects as files in a folder. Any number of instances and processes may use the folder at once.</summary>
/// <remarks>
/// <para>Under the root, all on one volume:</para>
/// <list type="table">
/// <item><term><c>format</c></term><description>the version of this layout: <c>1</c></description></item>
/// <item><term><c>objects/</c></term><description>one file per object, its bytes and nothing else, at the key's path; <c>/</c> makes folders. Names are spelled so that Windows, macOS and Linux take
/// them and letters' case is kept apart: lower-case letters, digits and <c>-_.@,</c> as they are, <c>=a</c> for <c>A</c>, <c>%3a</c> for <c>:</c>; a part of 72 characters or more continues in a folder whose name ends
/// with <c>=</c></description></item>
/// <item><term><c>staging/</c></term><description>one file per upload that is not complete, named by its key (spelled like a part of it) and its id, or by its id alone if the key is long and in a file <c>{id}.key</c>;
/// the same name and <c>.gone</c> remembers one that was aborted, and <c>.cuts</c> where one was gone on with from an older token, both for a day</description></item>
/// <item><term><c>tmp/</c></term><description>small objects being written; what is older than a day is left over from a crash and swept at start</description></item>
/// <item><term><c>locks/</c></term><description>256 empty files, locked for the instant of replacing or removing an object</description></item>
/// </list>
/// <para>Copying <c>objects/</c> copies the store. Other files in it are ignored if no key is spelled like their name; none is that starts with a dot.</para>
/// </remarks>
public sealed class FileSystemObjectStore : IObjectStore, IConditionalDeletes, IUnfinishedUploads, IAsyncDisposable, IDisposable
{
    // What waits is memory that its callers hold on to, 8 MiB at most each and a few hundred bytes mostly.
    private const int QueuedMutations = 1024;
    private const int MutationsPerBatch = 64;
    private const int QueuedTransfers = 256;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);

    private readonly KeyPaths _paths;
    private readonly DiskFiles _files;
    private readonly StripedLocks _locks;
    private readonly FileFaults _faults;
    private readonly StoreParts _parts;
    private readonly StoreProbe _probe;
    private readonly KeyLister _lister;
    private readonly UnfinishedLister _unfinished;
    private readonly IoThreads<Mutation> _writers;
    private readonly IoThreads<IoWork> _transfers;
    private readonly IoThreads<IoWork> _readers;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly TimeProvider _time;
    private long _lastSweep;
    private volatile bool _ready;

    /// <summary>Creates a store. Nothing is read or written before <see cref="ProbeAsync"/> or the first operation.</summary>
    /// <param name="fileSystem">The file system. It has to be one of real files.</param>
    /// <param name="options">Where and how objects are kept.</param>
    /// <param name="time">Tells how old leftovers are.</param>
    /// <param name="logger">Is told of the start, and of leftovers.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public FileSystemObjectStore(IFileSystem fileSystem, FileSystemObjectStoreOptions options, TimeProvider time, ILogger<FileSystemObjectStore> logger)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Root);
        ArgumentOutOfRangeException.ThrowIfNotEqual(Enum.IsDefined(options.Durability), true);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WriterThreads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.WriterThreads, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TransferThreads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.TransferThreads, 64);

        string instance = RandomNumberGenerator.GetHexString(12, lowercase: true);
        _time = time;
        _paths = new KeyPaths(fileSystem, options.Root);
        _files = new DiskFiles(fileSystem) { FlushMode = options.Durability == FileSystemDurability.Process ? FlushMode.None : FlushMode.Each };
        _locks = new StripedLocks(_files, _paths.Locks);
        _faults = new FileFaults(_paths);
        var known = new KnownFolders();
        var smallFiles = new SmallFiles(_files, _paths, instance);
        _parts = new StoreParts(_files, _paths, smallFiles, _locks, known, new UploadFiles(_files, smallFiles, _paths, _locks), logger);
        _probe = new StoreProbe(_files, options.Durability == FileSystemDurability.Machine, _paths, instance, time, logger);
        _lister = new KeyLister(_paths, new FolderWindows(smallFiles, time));
        _unfinished = new UnfinishedLister(_files, smallFiles, _paths);
        _writers = new IoThreads<Mutation>(
            "store writer", options.WriterThreads, MutationsPerBatch, QueuedMutations, new MutationBatch(_files, _paths, known, _faults).Run);
        _transfers = new IoThreads<IoWork>("store transfer", options.TransferThreads, 1, QueuedTransfers, static work => work[0].Run());
        _readers = new IoThreads<IoWork>("store reader", options.TransferThreads, 1, QueuedTransfers, static work => work[0].Run());
    }

    /// <summary>
    /// Makes the folders and checks that they can be written to, that a file is created only once under one name, and that locks exclude each other. The first operation does this otherwise.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">The folder cannot be reached or not be written to.</exception>
    /// <exception cref="InvalidOperationException">The folder's file system, or what is in it, cannot be used; the message says why and what to do.</exception>
    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        if (_ready)
        {
            return;
        }

        await _starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_ready)
            {
                await RunAsync(RunProbe, cancellationToken).ConfigureAwait(false);
                _ready = true;
                await SweepIfDueAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken)
    {
        string path = _paths.OfKey(key);
        cancellationToken.ThrowIfCancellationRequested();

        // On the caller's thread: records are small and nearly always in the page cache, where reading one costs less than handing it over would.
        return _ready ? new(Get(path)) : GetAfterProbeAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken)
    {
        string path = _paths.OfKey(key);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        cancellationToken.ThrowIfCancellationRequested();
        return _ready ? new(OpenRead(path, offset, length)) : OpenReadAfterProbeAsync(path, offset, length, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        string path = _paths.OfKey(key);
        if (content.Length > ObjectStoreLimits.MaxSmallObjectBytes)
        {
            throw new ArgumentException($"A small object has at most {ObjectStoreLimits.MaxSmallObjectBytes} bytes.", nameof(content));
        }

        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (condition.RequiresAbsence && _files.Exists(path))
        {
            // Much that is put if absent is there already, and a look is cheap.
            return PutResult.ConditionFailed;
        }

        var put = new PutMutation(_parts, key, path, content, ContentTag.Of(content.Span), condition, cancellationToken);
        await _writers.EnqueueAsync(put, cancellationToken).ConfigureAwait(false);
        return await put.Done.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) =>
        await DeleteAsync(key, _paths.OfKey(key), requiredETag: null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(true);
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken)
    {
        string path = _paths.OfKey(key);
        ArgumentException.ThrowIfNullOrEmpty(etag);
        return DeleteAsync(key, path, etag, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(prefix);
        ObjectKey.ThrowIfInvalidPrefix(startAfter ?? "");
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return await RunAsync(() => List(prefix, startAfter, limit, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        cancellationToken.ThrowIfCancellationRequested();
        return new(FileUploadToken.Create(key).ToToken());
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken)
    {
        FileUploadToken upload = FileUploadToken.Parse(token);
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        UploadFile? file = await RunAsync(() => _parts.Uploads.Open(upload), cancellationToken).ConfigureAwait(false);
        return file is null ? null : new FileAppender(this, file);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        FileUploadToken upload = FileUploadToken.Parse(token);
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return await CompleteAsync(upload, file: null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        FileUploadToken upload = FileUploadToken.Parse(token);
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        var abort = new AbortMutation(_parts, upload, cancellationToken);
        await _writers.EnqueueAsync(abort, cancellationToken).ConfigureAwait(false);
        await abort.Done.ConfigureAwait(false);
        await SweepIfDueAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(keyPrefix);
        UnfinishedLister.Position after = continuation is null ? default : UnfinishedLister.Position.Parse(continuation);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return await RunAsync(() => _unfinished.List(keyPrefix, after, limit, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finishes what was begun and lets go of threads and handles.</summary>
    public async ValueTask DisposeAsync()
    {
        await _readers.StopAsync().ConfigureAwait(false);
        await _transfers.StopAsync().ConfigureAwait(false);
        await _writers.StopAsync().ConfigureAwait(false);
        Release();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose()
    {
        _readers.Stop();
        _transfers.Stop();
        _writers.Stop();
        Release();
    }

    /// <summary>Does something on the threads for transfers.</summary>
    internal async ValueTask<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var item = new IoWork<T>(work, _faults, cancellationToken);
        await _transfers.EnqueueAsync(item, cancellationToken).ConfigureAwait(false);
        return await item.Done.ConfigureAwait(false);
    }

    /// <summary>Completes an upload, with the file that an appender has open or with none.</summary>
    internal async ValueTask<string?> CompleteAsync(FileUploadToken token, UploadFile? file, CancellationToken cancellationToken)
    {
        var complete = new CompleteMutation(_parts, token, file, cancellationToken);
        await _writers.EnqueueAsync(complete, cancellationToken).ConfigureAwait(false);
        return await complete.Done.ConfigureAwait(false);
    }

    private async ValueTask<bool> DeleteAsync(string key, string path, string? requiredETag, CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        var delete = new DeleteMutation(_parts, key, path, requiredETag, cancellationToken);
        await _writers.EnqueueAsync(delete, cancellationToken).ConfigureAwait(false);
        return await delete.Done.ConfigureAwait(false);
    }

    private SmallObject? Get(string path)
    {
        try
        {
            SmallObject? found = _parts.SmallFiles.Read(path);
            if (found is null)
            {
                ThrowIfGone();
            }

            return found;
        }
        catch (Exception e) when (_faults.Translate(e) is { } fault && fault != e)
        {
            throw fault;
        }
    }

    private ObjectContent? OpenRead(string path, long offset, long? length)
    {
        try
        {
            FileStream? file = _files.OpenForReading(path, FileOptions.SequentialScan);
            if (file is null)
            {
                ThrowIfGone();
                return null;
            }

            long total = RandomAccess.GetLength(file.SafeFileHandle);
            long start = Math.Min(offset, total);
            return new ObjectContent(new FileSlice(file, start, Math.Min(length ?? long.MaxValue, total - start), _readers, _faults), total);
        }
        catch (Exception e) when (_faults.Translate(e) is { } fault && fault != e)
        {
            throw fault;
        }
    }

    private KeyPage List(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        KeyPage? page = _lister.List(prefix, startAfter, limit, cancellationToken);
        if (page is null)
        {
            ThrowIfGone();
        }

        return page ?? new KeyPage([], HasMore: false);
    }

    // "Not found" must not be the answer when the volume is not mounted: a collector would believe it.
    private void ThrowIfGone()
    {
        if (!_files.FileSystem.Directory.Exists(_paths.Objects))
        {
            throw new DirectoryNotFoundException($"'{_paths.Objects}' is gone.");
        }
    }

    private async ValueTask<SmallObject?> GetAfterProbeAsync(string path, CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return Get(path);
    }

    private async ValueTask<ObjectContent?> OpenReadAfterProbeAsync(string path, long offset, long? length, CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return OpenRead(path, offset, length);
    }

    private bool RunProbe()
    {
        _probe.Run();
        return true;
    }

    // At start, and then with what leaves something to sweep.
    private ValueTask SweepIfDueAsync(CancellationToken cancellationToken)
    {
        long now = _time.GetUtcNow().Ticks;
        long last = Volatile.Read(ref _lastSweep);
        return now - last >= SweepInterval.Ticks && Interlocked.CompareExchange(ref _lastSweep, now, last) == last
            ? _transfers.EnqueueAsync(new IoWork<bool>(SweepLeftovers, _faults, CancellationToken.None), cancellationToken)
            : ValueTask.CompletedTask;
    }

    private bool SweepLeftovers()
    {
        _probe.SweepLeftovers();
        return true;
    }

    private void Release()
    {
        _locks.Dispose();
        _readers.Dispose();
        _transfers.Dispose();
        _writers.Dispose();
        _starting.Dispose();
    }
}
