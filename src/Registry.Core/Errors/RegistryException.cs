namespace Registry.Errors;

/// <summary>One thing that is wrong with a request.</summary>
/// <param name="Code">What kind of thing.</param>
/// <param name="Message">What was wrong and what is allowed, for a person.</param>
/// <param name="Detail">What it is about, such as a digest; never a secret, a storage path or something the caller may not see.</param>
internal sealed record RegistryError(RegistryErrorCode Code, string Message, string? Detail = null);

/// <summary>A request that cannot be carried out for a reason that its sender should hear. Turned into an answer in one place.</summary>
internal sealed class RegistryException : Exception
{
    public RegistryException(RegistryErrorCode code, string message, string? detail = null)
        : this([new RegistryError(code, message, detail)])
    {
    }

    public RegistryException(IReadOnlyList<RegistryError> errors)
        : base(errors[0].Message) => Errors = errors;

    public RegistryException(RegistryErrorCode code, string message, Exception innerException)
        : base(message, innerException) => Errors = [new RegistryError(code, message)];

    /// <summary>What is wrong; the first decides the status.</summary>
    public IReadOnlyList<RegistryError> Errors { get; }
}
