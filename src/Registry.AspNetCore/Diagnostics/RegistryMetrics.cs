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
        _retention = _meter.CreateCounter<long>("registry.retention.items", "{item}", "What rules on what feeds keep named, and what became of it.");
        _quotas = _meter.CreateCounter<long>("registry.quota.verified", "{quota}", "Quotas whose use was counted anew, and whether it was as had been summed up.");
        _findings = _meter.CreateCounter<long>("registry.scrub.findings", "{finding}", "What scrubs found that was not as it should be.");
        _scrubbed = _meter.CreateCounter<long>("registry.scrub.read", "By", "Bytes of blobs that scrubs read.");
        _sent = _meter.CreateCounter<long>("registry.blob.sent", "By", "Bytes of blobs that clients pulled.");
    }

    /// <summary>What a collector did.</summary>
    public void Collected(CollectionCounts counts)
    {
        Add("blob", counts.BlobsRemoved);
        Add("manifest", counts.ManifestsRemoved);
        Add("upload", counts.UploadsDropped);
        Add("tag", counts.TagsRemoved);
        _freed.Add(counts.BytesFreed);

        void Add(string kind, long removed)
        {
            if (removed > 0)
            {
                _removed.Add(removed, new KeyValuePair<string, object?>("kind", kind));
            }
        }
    }

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
