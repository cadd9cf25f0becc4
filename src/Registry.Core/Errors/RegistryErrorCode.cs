namespace Registry.Errors;

/// <summary>What can be wrong with a request (distribution-spec, "Error codes", and the codes that Docker adds).</summary>
public enum RegistryErrorCode
{
    /// <summary>The blob is not known in the repository.</summary>
    BlobUnknown,

    /// <summary>The upload cannot go on.</summary>
    BlobUploadInvalid,

    /// <summary>The upload session is not known.</summary>
    BlobUploadUnknown,

    /// <summary>A digest is malformed, of an unknown algorithm, or does not match the content.</summary>
    DigestInvalid,

    /// <summary>A manifest names content that the repository does not have.</summary>
    ManifestBlobUnknown,

    /// <summary>A manifest is malformed or of an unknown type.</summary>
    ManifestInvalid,

    /// <summary>A manifest is larger than allowed.</summary>
    ManifestTooLarge,

    /// <summary>The manifest is not known in the repository.</summary>
    ManifestUnknown,

    /// <summary>A repository name is malformed.</summary>
    NameInvalid,

    /// <summary>The repository is not known.</summary>
    NameUnknown,

    /// <summary>A body does not have the length that was said.</summary>
    SizeInvalid,

    /// <summary>A blob is larger than allowed.</summary>
    BlobTooLarge,

    /// <summary>A tag is malformed.</summary>
    TagInvalid,

    /// <summary>A chunk does not start where the last one ended.</summary>
    RangeInvalid,

    /// <summary>A page size is malformed.</summary>
    PaginationNumberInvalid,

    /// <summary>The caller has to say who it is.</summary>
    Unauthorized,

    /// <summary>The caller may not do this.</summary>
    Denied,

    /// <summary>The operation is not supported, or switched off.</summary>
    Unsupported,

    /// <summary>A condition of the request, such as <c>If-Match</c>, does not hold.</summary>
    PreconditionFailed,

    /// <summary>The caller has asked too often.</summary>
    TooManyRequests,

    /// <summary>The store behind the registry cannot be reached now.</summary>
    Unavailable,

    /// <summary>Something went wrong that is not the caller's fault.</summary>
    Unknown,
}
