using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Registry.Maintenance.Collection;
using Registry.Maintenance.Quotas;
using Registry.Maintenance.Retention;
using Registry.Maintenance.Scrubbing;

namespace Registry.AspNetCore.Diagnostics;

/// <summary>
/// The meter and the activity source named <c>Registry</c>. Measurements carry the registry, the operation and the status, never a repository or a digest,
/// of which there is no end.
/// </summary>
internal sealed class RegistryMetrics : IDisposable
{
    public const string Name = "Registry";

    private readonly ActivitySource _activities = new(Name);
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _removed;
    private readonly Counter<long> _freed;
    private readonly Counter<long> _condemned;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _scans;
    private readonly Counter<long> _retention;
    private readonly Counter<long> _quotas;
    private readonly Counter<long> _findings;
    private readonly Counter<long> _scrubbed;

    public RegistryMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _duration = _meter.CreateHistogram<double>("registry.operation.duration", "s", "How long operations took.");
        _active = _meter.CreateUpDownCounter<long>("registry.operation.active", "{operation}", "Operations under way.");
        _received = _meter.CreateCounter<long>("registry.blob.received", "By", "Bytes of blobs that clients pushed.");
        _removed = _meter.CreateCounter<long>("registry.collection.removed", "{object}", "What the collector removed.");
        _freed = _meter.CreateCounter<long>("registry.collection.freed", "By", "Bytes of what the collector removed.");
        _condemned = _meter.CreateCounter<long>("registry.collection.condemned", "{object}", "What the collector found unneeded, and removes later if it still is.");
        _failures = _meter.CreateCounter<long>("registry.collection.failures", "{object}", "What the collector could not read or change, and passed over.");
        _scans = _meter.CreateHistogram<double>("registry.collection.duration", "s", "How long scans of a store took.");
        _retention = _meter.CreateCounter<long>("registry.retention.items", "{item}", "What rules on what feeds keep named, and what became of it.");
        _quotas = _meter.CreateCounter<long>("registry.quota.verified", "{quota}", "Quotas whose use was counted anew, and whether it was as had been summed up.");
        _findings = _meter.CreateCounter<long>("registry.scrub.findings", "{finding}", "What scrubs found that was not as it should be.");
        _scrubbed = _meter.CreateCounter<long>("registry.scrub.read", "By", "Bytes of blobs that scrubs read.");
        _sent = _meter.CreateCounter<long>("registry.blob.sent", "By", "Bytes of blobs that clients pulled.");
    }

    /// <summary>What a collector did.</summary>
    public void Collected(CollectionCounts counts)
    {
        Add(_removed, "blob", counts.BlobsRemoved);
        Add(_removed, "manifest", counts.ManifestsRemoved);
        Add(_removed, "upload", counts.UploadsDropped);
        Add(_removed, "tag", counts.TagsRemoved);
        Add(_condemned, "blob", counts.BlobsCondemned);
        Add(_condemned, "manifest", counts.ManifestsCondemned);
        _freed.Add(counts.BytesFreed);
        _failures.Add(counts.Failures);

        static void Add(Counter<long> counter, string kind, long count)
        {
            if (count > 0)
            {
                counter.Add(count, new KeyValuePair<string, object?>("kind", kind));
            }
        }
    }

    /// <summary>A scan of a store came to its end, or as far as other hosts left it to this one.</summary>
    public void Scanned(CollectionReport report) => _scans.Record(report.Duration.TotalSeconds, new KeyValuePair<string, object?>("complete", report.Complete));

    /// <summary>What a run of retention rules did.</summary>
    public void Retained(RetentionReport report)
    {
        Add("tag", "removed", report.TagsRemoved);
        Add("manifest", "removed", report.ManifestsRemoved);
        Add("manifest", "condemned", report.ManifestsCondemned);
        Add("tag", "kept", report.Kept);
        Add("any", "failed", report.Failures);

        void Add(string kind, string outcome, long count)
        {
            if (count > 0)
            {
                _retention.Add(count, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", outcome));
            }
        }
    }

    /// <summary>What a recount of quotas found.</summary>
    public void Verified(QuotaReport report)
    {
        Add("right", report.Verified - report.Corrected);
        Add("corrected", report.Corrected);
        Add("disturbed", report.Unverified);

        void Add(string outcome, long count)
        {
            if (count > 0)
            {
                _quotas.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
            }
        }
    }

    /// <summary>What a scrub found, from its beginning to its end.</summary>
    public void Scrubbed(ScrubReport report)
    {
        _scrubbed.Add(report.BytesRead);
        foreach (ScrubFinding finding in report.Findings)
        {
            _findings.Add(1, new KeyValuePair<string, object?>("kind", finding.Kind.ToString()), new KeyValuePair<string, object?>("action", finding.Action.ToString()));
        }
    }

    public Measurement Start(string registry, string operation, HttpContext context) => new(this, registry, operation, context);

    public void Received(long bytes) => _received.Add(bytes);

    public void Sent(long bytes) => _sent.Add(bytes);

    public void Dispose()
    {
        _activities.Dispose();
        _meter.Dispose();
    }

    /// <summary>One operation, measured until disposed.</summary>
    internal readonly struct Measurement : IDisposable
    {
        private readonly RegistryMetrics _metrics;
        private readonly string _registry;
        private readonly string _operation;
        private readonly HttpContext _context;
        private readonly Activity? _activity;
        private readonly long _started;

        public Measurement(RegistryMetrics metrics, string registry, string operation, HttpContext context)
        {
            _metrics = metrics;
            _registry = registry;
            _operation = operation;
            _context = context;
            _activity = metrics._activities.StartActivity(operation);
            _started = Stopwatch.GetTimestamp();
            metrics._active.Add(1, new KeyValuePair<string, object?>("operation", operation));
        }

        public void Dispose()
        {
            int status = _context.Response.StatusCode;
            _activity?.SetTag("registry.name", _registry);
            _activity?.SetTag("http.response.status_code", status);
            if (status >= 500)
            {
                _activity?.SetStatus(ActivityStatusCode.Error);
            }

            _activity?.Dispose();
            _metrics._active.Add(-1, new KeyValuePair<string, object?>("operation", _operation));
            if (_metrics._duration.Enabled)
            {
                _metrics._duration.Record(
                    Stopwatch.GetElapsedTime(_started).TotalSeconds,
                    new TagList { { "registry", _registry }, { "operation", _operation }, { "status", status } });
            }
        }
    }
}
