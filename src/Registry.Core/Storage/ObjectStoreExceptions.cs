namespace Registry.Storage;

/// <summary>The store cannot be reached, or asks to be left alone for a while. Trying again later may succeed.</summary>
public sealed class StoreUnavailableException : IOException
{
    /// <summary>Creates the exception.</summary>
    public StoreUnavailableException()
        : base("The object store is unavailable.")
    {
    }

    /// <summary>Creates the exception with a message for the operator.</summary>
    /// <param name="message">What happened.</param>
    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the operator and its cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public StoreUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>How long to wait before trying again, when the store says so.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>An upload is being appended to elsewhere, and this store takes one appender at a time.</summary>
public sealed class UploadBusyException : IOException
{
    /// <summary>Creates the exception.</summary>
    public UploadBusyException()
        : base("The upload is being appended to elsewhere.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What happened.</param>
    public UploadBusyException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public UploadBusyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>An object was read as a small one and is larger than <see cref="ObjectStoreLimits.MaxSmallObjectBytes"/>.</summary>
public sealed class ObjectTooLargeException : IOException
{
    /// <summary>Creates the exception.</summary>
    public ObjectTooLargeException()
        : base($"The object is larger than {ObjectStoreLimits.MaxSmallObjectBytes} bytes.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">What happened.</param>
    public ObjectTooLargeException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public ObjectTooLargeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
