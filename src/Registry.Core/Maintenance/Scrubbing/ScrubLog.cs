using Microsoft.Extensions.Logging;

namespace Registry.Maintenance.Scrubbing;

internal static partial class ScrubLog
{
    [LoggerMessage(1201, LogLevel.Information, "A scrub is under way, from {Phase} on.")]
    public static partial void Started(ILogger logger, ScrubPhase phase);

    [LoggerMessage(1202, LogLevel.Information, "A scrub has ended: {Blobs} blobs, {Bytes} bytes read, {Manifests} manifests, {Tags} tags, {Findings} findings.")]
    public static partial void Ended(ILogger logger, long blobs, long bytes, long manifests, long tags, long findings);

    [LoggerMessage(1203, LogLevel.Warning, "Scrub: {Kind}, {Action}: '{Key}'. {Detail}")]
    public static partial void Found(ILogger logger, ScrubFindingKind kind, ScrubAction action, string key, string detail);

    [LoggerMessage(1204, LogLevel.Information, "Another host goes on with the scrub.")]
    public static partial void TakenOver(ILogger logger);
}
