using Microsoft.Extensions.Logging;
using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Pacing;

namespace Registry.Maintenance.Scrubbing;

/// <summary>A scrub under way: where it is, what it has counted and found, and the record of that in the store.</summary>
internal sealed class ScrubRun : IDisposable
{
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(1);

    // After this, whoever wrote the record last is taken to be gone.
    private static readonly TimeSpan TakenOverAfter = TimeSpan.FromMinutes(15);

    private readonly ContentRoot _root;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending;
    private readonly List<ScrubFinding> _findings;
    private readonly long _bytesBefore;
    private Versioned<ScrubRecord>? _current;
    private ScrubReport _report;
    private DateTimeOffset _saved;
    private int _passed;
    private bool _hasChanged;

    private ScrubRun(ContentRoot root, ScrubOptions options, ILogger logger, ScrubRecord start, Versioned<ScrubRecord>? current, CancellationToken cancellationToken)
    {
        _root = root;
        _logger = logger;
        Options = options;
        _current = current;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _report = start.Report;
        _findings = [.. start.Report.Findings];
        _bytesBefore = start.Report.BytesRead;
        Phase = start.Phase;
        After = start.After;
        Pace = new ReadPace(options.BytesPerSecond, root.Time);
        _saved = root.Time.GetUtcNow();
    }

    public ScrubOptions Options { get; }

    public ReadPace Pace { get; }

    /// <summary>Whether what is found is to be mended.</summary>
    public bool Mends => !Options.DryRun;

    public ScrubPhase Phase { get; private set; }

    /// <summary>The key to go on after in this phase.</summary>
    public string? After { get; private set; }

    /// <summary>Ends the work: the caller's token, or another host took the scrub over.</summary>
    public CancellationToken Token => _ending.Token;

    /// <summary>Whether another host goes on with this scrub.</summary>
    public bool IsTakenOver { get; private set; }

    public ScrubReport Report => _report with { BytesRead = _bytesBefore + Pace.Bytes, Findings = [.. _findings] };

    /// <summary>Goes on with the scrub that was stopped last, or begins one.</summary>
    /// <returns>The run, or <see langword="null"/> where another host is at it.</returns>
    public static async ValueTask<ScrubRun?> BeginAsync(ContentRoot root, ScrubOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        DateTimeOffset now = root.Time.GetUtcNow();
        var fresh = new ScrubRecord { Phase = ScrubPhase.Blobs, Updated = now, Report = new ScrubReport { Id = root.Ids.Next(), Started = now, DryRun = options.DryRun, Findings = [] } };
        if (options.DryRun)
        {
            return new ScrubRun(root, options, logger, fresh, current: null, cancellationToken);
        }

        Versioned<ScrubRecord>? found = await root.Records.ReadOrRemoveAsync<ScrubRecord>(ScrubKeys.Progress, cancellationToken).ConfigureAwait(false);
        if (found is { Record: { IsIdle: false } other } && (now - other.Updated).Duration() < TakenOverAfter)
        {
            return null;
        }

        ScrubRecord start = found is { Record.Phase: not ScrubPhase.Done } ? found.Record : fresh;
        PutOutcome<ScrubRecord> claim = await root.Records.PutAsync(ScrubKeys.Progress, start with { IsIdle = false, Updated = now }, found, cancellationToken).ConfigureAwait(false);
        return claim.Won ? new ScrubRun(root, options, logger, start, claim.Current, cancellationToken) : null;
    }

    public void Add(ScrubFinding finding)
    {
        ScrubLog.Found(_logger, finding.Kind, finding.Action, finding.Key, finding.Detail);
        if (_findings.Count < Options.MaxFindings)
        {
            _findings.Add(finding);
        }
        else
        {
            _report = _report with { FindingsOmitted = _report.FindingsOmitted + 1 };
        }

        // What was done is written down soon: a blob in quarantine is not found a second time.
        _hasChanged |= finding.Action != ScrubAction.Reported;
    }

    public void Count(Func<ScrubReport, ScrubReport> count) => _report = count(_report);

    /// <summary>Looks at one object. That the store cannot read it, or what it is checked against, is a finding, and no reason to stop: every scrub would stop at the same place.</summary>
    /// <exception cref="IOException">The store is away. The scrub is gone on with later.</exception>
    public async ValueTask TryAsync(string key, Func<ValueTask> check)
    {
        try
        {
            await check().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            await ThrowIfAwayAsync(e).ConfigureAwait(false);
            Add(new ScrubFinding(ScrubFindingKind.RecordCorrupt, ScrubAction.Reported, key, $"It cannot be read, or something that it is checked against: {e.Message}"));
        }
    }

    /// <summary>Throws where a fault is not the object's but the store's.</summary>
    public ValueTask ThrowIfAwayAsync(Exception fault) => _root.Store.ThrowIfAwayAsync(fault, Token);

    /// <summary>Says that a key was dealt with, and writes that down when it is time.</summary>
    public async ValueTask PassAsync(string key)
    {
        After = key;
        _passed++;
        if (_hasChanged || _passed >= Options.KeysPerSave)
        {
            await SaveAsync(isIdle: false, Token).ConfigureAwait(false);
        }
        else
        {
            await BeatAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Says, during something long, that somebody is at work.</summary>
    public async ValueTask BeatAsync()
    {
        if (_root.Time.GetUtcNow() - _saved < SaveInterval)
        {
            return;
        }

        try
        {
            await SaveAsync(isIdle: false, Token).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It is no fault of what is looked at just now. What has to be written down is told of where it cannot be; the next sign of life comes in its time.
        }
    }

    /// <summary>Goes on to the next phase.</summary>
    public ValueTask EndPhaseAsync()
    {
        Phase++;
        After = null;
        if (Phase == ScrubPhase.Done)
        {
            _report = _report with { Ended = _root.Time.GetUtcNow() };
        }

        return SaveAsync(isIdle: Phase == ScrubPhase.Done, Token);
    }

    /// <summary>Writes down that nobody is at it, so that whoever comes next need not wait.</summary>
    public async ValueTask PauseAsync()
    {
        try
        {
            if (!IsTakenOver)
            {
                await SaveAsync(isIdle: true, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // The store is what failed. The scrub is gone on with once this run is taken to be gone.
        }
    }

    public void Dispose() => _ending.Dispose();

    private async ValueTask SaveAsync(bool isIdle, CancellationToken cancellationToken)
    {
        _saved = _root.Time.GetUtcNow();
        if (Options.DryRun)
        {
            return;
        }

        var record = new ScrubRecord { Phase = Phase, After = After, IsIdle = isIdle, Updated = _saved, Report = Report };
        PutOutcome<ScrubRecord> outcome = await _root.Records.PutAsync(ScrubKeys.Progress, record, _current, cancellationToken).ConfigureAwait(false);
        if (outcome.Won)
        {
            _current = outcome.Current;
            _passed = 0;
            _hasChanged = false;
        }
        else
        {
            IsTakenOver = true;
            await _ending.CancelAsync().ConfigureAwait(false);
        }
    }
}
