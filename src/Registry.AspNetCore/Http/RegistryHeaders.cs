using Microsoft.AspNetCore.Http;
using Registry.Model;

namespace Registry.AspNetCore.Http;

/// <summary>The headers that the protocol adds to HTTP's.</summary>
internal static class RegistryHeaders
{
    public const string ApiVersion = "Docker-Distribution-API-Version";
    public const string ApiVersionValue = "registry/2.0";
    public const string ContentDigest = "Docker-Content-Digest";
    public const string UploadUuid = "Docker-Upload-UUID";
    public const string Subject = "OCI-Subject";
    public const string Tag = "OCI-Tag";
    public const string FiltersApplied = "OCI-Filters-Applied";

    public static string ETag(Digest digest) => $"\"{digest}\"";

    /// <summary>Ends an answer that has no body. A keep-alive client waits for one unless its length is said.</summary>
    public static void Empty(this HttpResponse response, int status)
    {
        response.StatusCode = status;
        if (status != StatusCodes.Status204NoContent)
        {
            response.ContentLength = 0;
        }
    }
}
