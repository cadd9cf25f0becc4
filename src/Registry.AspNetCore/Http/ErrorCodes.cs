using Microsoft.AspNetCore.Http;
using Registry.Errors;

namespace Registry.AspNetCore.Http;

/// <summary>The one place where what went wrong becomes a status and a code of the protocol (distribution-spec, "Error Codes").</summary>
internal static class ErrorCodes
{
    public static int Status(RegistryErrorCode code) => code switch
    {
        RegistryErrorCode.BlobUnknown or
        RegistryErrorCode.BlobUploadUnknown or
        RegistryErrorCode.ManifestUnknown or
        RegistryErrorCode.NameUnknown => StatusCodes.Status404NotFound,
        RegistryErrorCode.BlobUploadInvalid or
        RegistryErrorCode.DigestInvalid or
        RegistryErrorCode.ManifestBlobUnknown or
        RegistryErrorCode.ManifestInvalid or
        RegistryErrorCode.NameInvalid or
        RegistryErrorCode.SizeInvalid or
        RegistryErrorCode.TagInvalid or
        RegistryErrorCode.PaginationNumberInvalid => StatusCodes.Status400BadRequest,
        RegistryErrorCode.ManifestTooLarge or
        RegistryErrorCode.BlobTooLarge => StatusCodes.Status413PayloadTooLarge,
        RegistryErrorCode.RangeInvalid => StatusCodes.Status416RangeNotSatisfiable,
        RegistryErrorCode.Unauthorized => StatusCodes.Status401Unauthorized,
        RegistryErrorCode.Denied => StatusCodes.Status403Forbidden,
        RegistryErrorCode.Unsupported => StatusCodes.Status405MethodNotAllowed,
        RegistryErrorCode.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        RegistryErrorCode.TooManyRequests => StatusCodes.Status429TooManyRequests,
        RegistryErrorCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    public static string Text(RegistryErrorCode code) => code switch
    {
        RegistryErrorCode.BlobUnknown => "BLOB_UNKNOWN",
        RegistryErrorCode.BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
        RegistryErrorCode.BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
        RegistryErrorCode.DigestInvalid => "DIGEST_INVALID",
        RegistryErrorCode.ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
        RegistryErrorCode.ManifestInvalid or RegistryErrorCode.ManifestTooLarge or RegistryErrorCode.TagInvalid => "MANIFEST_INVALID",
        RegistryErrorCode.ManifestUnknown => "MANIFEST_UNKNOWN",
        RegistryErrorCode.NameInvalid => "NAME_INVALID",
        RegistryErrorCode.NameUnknown => "NAME_UNKNOWN",
        RegistryErrorCode.SizeInvalid or RegistryErrorCode.BlobTooLarge => "SIZE_INVALID",
        RegistryErrorCode.RangeInvalid => "RANGE_INVALID",
        RegistryErrorCode.PaginationNumberInvalid => "PAGINATION_NUMBER_INVALID",
        RegistryErrorCode.Unauthorized => "UNAUTHORIZED",
        RegistryErrorCode.Denied => "DENIED",
        RegistryErrorCode.Unsupported => "UNSUPPORTED",
        RegistryErrorCode.PreconditionFailed => "MANIFEST_INVALID",
        RegistryErrorCode.TooManyRequests => "TOOMANYREQUESTS",
        RegistryErrorCode.Unavailable => "UNAVAILABLE",
        _ => "UNKNOWN",
    };
}
