using Microsoft.Extensions.Logging;

namespace Registry.AspNetCore.Diagnostics;

/// <summary>Everything that is logged. The event ids are frozen: operators filter by them.</summary>
internal static partial class RegistryLog
{
    [LoggerMessage(1, LogLevel.Information, "Docker registry '{Name}' is ready on {Store}.")]
    public static partial void RegistryStarted(this ILogger logger, string name, string store);

    [LoggerMessage(2, LogLevel.Error, "The operation {Operation} failed.")]
    public static partial void RequestFailed(this ILogger logger, string? operation, Exception exception);

    [LoggerMessage(3, LogLevel.Warning, "The store could not be reached during {Operation}.")]
    public static partial void StoreUnavailable(this ILogger logger, string? operation, Exception exception);

    [LoggerMessage(4, LogLevel.Debug, "The client left during {Operation}.")]
    public static partial void ClientLeft(this ILogger logger, string? operation);

    [LoggerMessage(5, LogLevel.Warning, "An answer was cut short.")]
    public static partial void AnswerCutShort(this ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Information, "Manifest {Digest} was pushed to {Repository}.")]
    public static partial void ManifestPushed(this ILogger logger, string repository, string digest);

    [LoggerMessage(7, LogLevel.Information, "{Reference} was deleted from {Repository}.")]
    public static partial void Deleted(this ILogger logger, string repository, string reference);

    [LoggerMessage(9, LogLevel.Error, "The newer feeds of registry '{Registry}' cannot be used, and the ones before stay: {Mistakes}")]
    public static partial void FeedsRefused(this ILogger logger, string registry, string mistakes, Exception? exception);

    [LoggerMessage(10, LogLevel.Error, "The newer grants cannot be used, and the ones before stay: {Mistakes}")]
    public static partial void GrantsRefused(this ILogger logger, string mistakes);

    [LoggerMessage(11, LogLevel.Error, "Credentials cannot be checked now, during {Operation}.")]
    public static partial void CredentialsUnavailable(this ILogger logger, string? operation, Exception exception);

    [LoggerMessage(8, LogLevel.Debug, "Blob {Digest} of {Size} bytes was pushed to {Repository}.")]
    public static partial void BlobPushed(this ILogger logger, string repository, string digest, long size);

    [LoggerMessage(20, LogLevel.Warning, "Counts of pulls could not be written. They will be tried again.")]
    public static partial void UsageNotWritten(this ILogger logger, Exception exception);

    [LoggerMessage(
        60,
        LogLevel.Information,
        "Collected in store '{Store}' (dry run: {DryRun}, complete: {Complete}) in {Duration}: {Blobs} blobs looked at, {Condemned} condemned, {Removed} removed with {Bytes} bytes, {Manifests} manifests removed, {Uploads} uploads dropped, {Failures} failures.")]
    public static partial void Collected(
        this ILogger logger, string store, bool dryRun, bool complete, TimeSpan duration, long blobs, long condemned, long removed, long bytes, long manifests, long uploads, long failures);

    [LoggerMessage(
        62,
        LogLevel.Information,
        "Carried out the rules of feed '{Feed}' in {Duration}: {Repositories} repositories, {Tags} tags removed, {Condemned} manifests condemned, {Manifests} removed, {Kept} tags kept, {Failures} failures; {End}.")]
    public static partial void Retained(
        this ILogger logger, string feed, TimeSpan duration, long repositories, long tags, long condemned, long manifests, long kept, long failures, string end);

    [LoggerMessage(65, LogLevel.Error, "Garbage in store '{Store}' could not be collected. It is tried again later.")]
    public static partial void NotCollected(this ILogger logger, string store, Exception exception);

    [LoggerMessage(63, LogLevel.Error, "The rules of feed '{Feed}' could not be carried out. It is tried again later.")]
    public static partial void NotRetained(this ILogger logger, string feed, Exception exception);

    [LoggerMessage(64, LogLevel.Error, "Store '{Store}' could not be scrubbed to the end. It is gone on with later.")]
    public static partial void NotScrubbed(this ILogger logger, string store, Exception exception);

    [LoggerMessage(61, LogLevel.Error, "The job {Job} failed. It is tried again later.")]
    public static partial void JobFailed(this ILogger logger, string job, Exception exception);

    [LoggerMessage(70, LogLevel.Information, "The quotas of registry '{Registry}' were verified: {Verified} counted, {Corrected} of them corrected, {Unverified} to be counted later.")]
    public static partial void QuotasVerified(this ILogger logger, string registry, long verified, long corrected, long unverified);

    [LoggerMessage(71, LogLevel.Warning, "The quotas in store '{Store}' could not be verified. It will be tried again.")]
    public static partial void QuotasNotVerified(this ILogger logger, string store, Exception exception);

    [LoggerMessage(72, LogLevel.Debug, "Store '{Store}', in which nothing has a quota, could not be asked whether anything had. It will be tried again.")]
    public static partial void QuotasNotForgotten(this ILogger logger, string store, Exception exception);

    [LoggerMessage(73, LogLevel.Warning, "{Unreadable} records in store '{Store}' cannot be read, and were counted in no quota. A scrub tells which they are.")]
    public static partial void QuotaRecordsPassedOver(this ILogger logger, string store, long unreadable);

    [LoggerMessage(40, LogLevel.Error, "The configured users have mistakes and stay as they were: {Mistakes}")]
    public static partial void UsersNotReloaded(this ILogger logger, string mistakes);

    [LoggerMessage(41, LogLevel.Error, "The password file {Path} has mistakes, and its users stay as they were: {Mistakes}")]
    public static partial void PasswordFileNotReloaded(this ILogger logger, string path, string mistakes);

    [LoggerMessage(42, LogLevel.Information, "The password file {Path} was read: {Users} users.")]
    public static partial void PasswordFileRead(this ILogger logger, string path, int users);

    [LoggerMessage(43, LogLevel.Warning, "The last uses of API keys could not be written. They will be tried again.")]
    public static partial void ApiKeyUsesNotWritten(this ILogger logger, Exception exception);
}
