using System.Globalization;
using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Uploads;

/// <summary>The answers that upload requests share.</summary>
internal static class UploadAnswers
{
    /// <summary>Answers with where the session is and how far it came.</summary>
    public static void Progress(RegistryRequest request, int status, string id, long offset)
    {
        IHeaderDictionary headers = request.Response.Headers;
        headers.Location = request.Url($"blobs/uploads/{id}");
        headers.Range = Received(offset);
        headers[RegistryHeaders.UploadUuid] = id;
        request.Response.Empty(status);
    }

    /// <summary>Answers that a blob is in the repository.</summary>
    public static void Created(RegistryRequest request, Digest digest)
    {
        request.Response.Headers.Location = request.Url($"blobs/{digest}");
        request.SetDigest(digest);
        request.Response.Empty(StatusCodes.Status201Created);
    }

    public static Task UnknownAsync(RegistryRequest request) => request.FailAsync(
        RegistryErrorCode.BlobUploadUnknown, "There is no such upload session in this repository: it was finished, cancelled or given up. Start a new one with POST.");

    /// <summary>
    /// How many bytes there are, as the position of the last one and without a unit: Docker reads it with "%d-%d" and takes N + 1 for the layer's size. Nothing
    /// looks like one byte, which is what clients expect of a session that has just begun.
    /// </summary>
    private static string Received(long offset) => string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(0, offset - 1)}");
}
