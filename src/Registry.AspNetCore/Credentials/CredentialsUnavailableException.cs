namespace Registry.AspNetCore.Credentials;

/// <summary>
/// An <see cref="ICredentialValidator"/> cannot tell now whether credentials are right, for example because a directory cannot be reached. The client is asked to come back (503) instead of being
/// told that its password is wrong.
/// </summary>
public sealed class CredentialsUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    public CredentialsUnavailableException()
        : base("Credentials cannot be checked now.")
    {
    }

    /// <summary>Creates the exception with a message for the operator.</summary>
    /// <param name="message">What happened.</param>
    public CredentialsUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for the operator and its cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public CredentialsUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>How long to wait before trying again, when that is known.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
