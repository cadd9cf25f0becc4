using Registry.Content;
using Registry.Maintenance.Pacing;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>A copy under way: both sides, and what was done so far.</summary>
internal sealed class CopyRun(ContentRoot source, ContentRoot target, ContentCopyOptions options, IProgress<ContentCopyReport>? progress, CancellationToken cancellationToken)
{
    private const int MaxProblems = 1000;
    private const int Batch = 64;

    private readonly Lock _lock = new();
    private readonly List<ContentCopyProblem> _problems = [];
    private ContentCopyReport _report = new() { Started = target.Time.GetUtcNow() };
    private long _changes;

    public ContentRoot Source { get; } = source;

    public ContentRoot Target { get; } = target;

    public ContentCopyOptions Options { get; } = options;

    public CancellationToken Token { get; } = cancellationToken;

    public ReadPace Pace { get; } = new(options.BytesPerSecond, target.Time);

    /// <summary>How many objects of the target were changed so far.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    public ContentCopyReport Report
    {
        get
        {
            lock (_lock)
            {
                return _report with { Bytes = Pace.Bytes, Problems = [.. _problems] };
            }
        }
    }

    /// <summary>Counts something that changed the target.</summary>
    public void Count(Func<ContentCopyReport, ContentCopyReport> count)
    {
        Interlocked.Increment(ref _changes);
        Note(count);
    }

    /// <summary>Notes something that changed nothing.</summary>
    public void Note(Func<ContentCopyReport, ContentCopyReport> note)
    {
        lock (_lock)
        {
            _report = note(_report);
        }
    }

    public void Add(ContentCopyProblemKind kind, string key, string detail)
    {
        var problem = new ContentCopyProblem(kind, key, detail);
        lock (_lock)
        {
            // A later pass finds what is wrong again.
            if (_problems.Exists(known => known.Key == key && known.Kind == kind))
            {
                return;
            }

            if (_problems.Count < MaxProblems)
            {
                _problems.Add(problem);
            }
            else
            {
                _report = _report with { ProblemsOmitted = _report.ProblemsOmitted + 1 };
            }
        }
    }

    /// <summary>Reads a record as it is.</summary>
    /// <returns>Whether it could be read, and what is there.</returns>
    public ValueTask<(bool IsReadable, SmallObject? Found)> GetAsync(ContentRoot side, string key) => ReadAsync(side, key, () => side.Store.GetAsync(key, Token));

    /// <summary>Reads a record of one side. That it cannot be read is a problem of its own, and no reason to stop: every later copy would stop at the same one.</summary>
    /// <returns>Whether it could be read, and what is there.</returns>
    public async ValueTask<(bool IsReadable, T? Found)> ReadAsync<T>(ContentRoot side, string key, Func<ValueTask<T?>> read)
        where T : class
    {
        try
        {
            return (true, await read().ConfigureAwait(false));
        }
        catch (Exception e) when (e is InvalidDataException or (IOException and not StoreUnavailableException))
        {
            await side.Store.ThrowIfAwayAsync(e, Token).ConfigureAwait(false);
            Add(ContentCopyProblemKind.RecordCorrupt, key, side == Target ? $"The target's record cannot be read. Remove the object there, and copy again. {e.Message}" : e.Message);
            return (false, null);
        }
    }

    /// <summary>Does something for each of many keys, some of them at a time.</summary>
    public async ValueTask ForEachAsync<T>(IAsyncEnumerable<T> items, Func<T, ValueTask> action)
    {
        var batch = new List<T>(Batch);
        await foreach (T item in items.WithCancellation(Token).ConfigureAwait(false))
        {
            batch.Add(item);
            if (batch.Count == Batch)
            {
                await RunAsync().ConfigureAwait(false);
            }
        }

        await RunAsync().ConfigureAwait(false);

        async ValueTask RunAsync()
        {
            await StoreConcurrency.ForEachAsync(batch, Options.Concurrency, (item, _) => action(item), Token).ConfigureAwait(false);
            batch.Clear();
            progress?.Report(Report);
        }
    }

    /// <summary>Puts the same bytes into the target that the source has.</summary>
    /// <param name="key">The key.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="over">What the target had, if anything.</param>
    /// <param name="count">Counts it, unless somebody else was faster: a tag and its manifest may be copied side by side.</param>
    /// <returns>Whether the target has them now.</returns>
    public async ValueTask<bool> PutAsync(string key, ReadOnlyMemory<byte> content, SmallObject? over, Func<ContentCopyReport, ContentCopyReport> count)
    {
        try
        {
            if ((await Target.Store.PutAsync(key, content, over is null ? PutCondition.IfAbsent : PutCondition.IfMatch(over.ETag), Token).ConfigureAwait(false)).Succeeded)
            {
                Count(count);
                return true;
            }
        }
        catch (IOException)
        {
            // The answer may be all that was lost.
            if (!await HasAsync().ConfigureAwait(false))
            {
                throw;
            }

            Count(count);
            return true;
        }

        return await HasAsync().ConfigureAwait(false);

        async ValueTask<bool> HasAsync() =>
            await Target.Store.GetAsync(key, Token).ConfigureAwait(false) is { } found && found.Content.Span.SequenceEqual(content.Span);
    }
}
