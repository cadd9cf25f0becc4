namespace Registry.Maintenance.Jobs;

/// <summary>What a job does about an operation that failed.</summary>
internal static class JobFaults
{
    /// <summary>Whether an exception is a fault of one operation and no reason to end the job: whatever a store throws while nobody has asked the job to stop, a cancellation of its own included.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="cancellationToken">Ends the job.</param>
    public static bool IsFault(Exception exception, CancellationToken cancellationToken) => exception is not OutOfMemoryException && !cancellationToken.IsCancellationRequested;
}
