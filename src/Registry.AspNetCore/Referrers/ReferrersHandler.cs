using System.Buffers;
using System.Text.Json;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Referrers;
using Registry.Model;

namespace Registry.AspNetCore.Referrers;

/// <summary>
/// Lists the manifests that refer to a subject, as an index (distribution-spec, end-12a, end-12b). Some clients read one page only, so a page is as large as
/// clients take a manifest to be.
/// </summary>
internal static class ReferrersHandler
{
    private const int MaxPageBytes = 4 * 1024 * 1024;

    // The comma before a manifest, and what closes the list and the index.
    private const int Punctuation = 3;

    public static async Task ListAsync(RegistryRequest request)
    {
        Digest subject = request.DigestArgument();
        string[] types = [.. request.QueryValues("artifactType").Where(static type => type.Length > 0)];
        Digest? after = null;
        if (request.Http.Request.Query.ContainsKey("last"))
        {
            string last = request.QueryValues("last").LastOrDefault("");
            after = Digest.TryParse(last, out Digest parsed) ? parsed : throw RegistryRequest.InvalidDigest(last);
        }

        var page = new ArrayBufferWriter<byte>(1024);
        string? next = await WritePageAsync(request, page, subject, types, after).ConfigureAwait(false);
        if (types.Length > 0)
        {
            request.Response.Headers[RegistryHeaders.FiltersApplied] = "artifactType";
        }

        if (next is not null)
        {
            string filter = string.Concat(types.Select(static type => $"artifactType={Uri.EscapeDataString(type)}&"));
            request.Response.Headers.Link = $"<{request.Url($"referrers/{subject}")}?{filter}last={Uri.EscapeDataString(next)}>; rel=\"next\"";
        }

        await request.Response.WriteJsonAsync(page.WrittenMemory, request.IsHead, request.Aborted, MediaTypes.OciIndex).ConfigureAwait(false);
    }

    /// <returns>The last manifest of the page when there are more, else <see langword="null"/>.</returns>
    private static async ValueTask<string?> WritePageAsync(RegistryRequest request, ArrayBufferWriter<byte> page, Digest subject, string[] types, Digest? after)
    {
        var item = new ArrayBufferWriter<byte>(1024);
        await using var itemJson = new Utf8JsonWriter(item, ReferrerJson.Options);
        await using var json = new Utf8JsonWriter(page, ReferrerJson.Options);
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaTypes.OciIndex);
        json.WriteStartArray("manifests");
        string? next = null;
        string? last = null;
        await foreach (Referrer referrer in request.Content.Referrers.ListAsync(request.Repository, subject, after, request.Aborted).ConfigureAwait(false))
        {
            if (types.Length > 0 && !types.Contains(referrer.ArtifactType, StringComparer.Ordinal))
            {
                continue;
            }

            item.ResetWrittenCount();
            itemJson.Reset();
            ReferrerJson.Write(itemJson, referrer);
            await itemJson.FlushAsync(request.Aborted).ConfigureAwait(false);

            // A page holds one manifest at least, or a listing would never come to its end.
            if (last is not null && json.BytesCommitted + json.BytesPending + item.WrittenCount + Punctuation > MaxPageBytes)
            {
                next = last;
                break;
            }

            json.WriteRawValue(item.WrittenSpan, skipInputValidation: true);
            last = referrer.Descriptor.Digest.Value;
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return next;
    }
}
