namespace Registry.Storage.S3;

/// <summary>Refuses requests at once for a while after several failures in a row, so that callers do not all wait for a server that is away.</summary>
internal sealed class S3Circuit(int failuresToOpen, TimeSpan openFor, TimeProvider time)
{
    private readonly Lock gate = new();
    private int failures;
    private long openedAt;
    private Exception? last;

    /// <summary>Throws while requests are refused.</summary>
    public void ThrowIfOpen()
    {
        lock (gate)
        {
            if (openFor == TimeSpan.Zero || failures < failuresToOpen)
            {
                return;
            }

            TimeSpan left = openFor - time.GetElapsedTime(openedAt);
            if (left > TimeSpan.Zero)
            {
                throw new StoreUnavailableException(
                    $"The last {failures} requests to the bucket failed; none is tried for another {left.TotalSeconds:0.0} s. The last one: {last!.Message}", last) { RetryAfter = left };
            }

            // One more failure opens it again.
            failures = failuresToOpen - 1;
        }
    }

    /// <summary>The server answered, whatever it said.</summary>
    public void Answered()
    {
        lock (gate)
        {
            failures = 0;
            last = null;
        }
    }

    /// <summary>The server did not answer, or asked to be left alone.</summary>
    /// <param name="fault">What the next ones are told.</param>
    public void Failed(Exception fault)
    {
        lock (gate)
        {
            last = fault;
            if (++failures >= failuresToOpen)
            {
                openedAt = time.GetTimestamp();
            }
        }
    }
}
