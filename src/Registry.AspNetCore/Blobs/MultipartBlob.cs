using System.Text;
using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Blobs;
using Registry.Model;
using Registry.Storage;

namespace Registry.AspNetCore.Blobs;

/// <summary>Sends several parts of a blob in one answer, in the order that they were asked for (RFC 9110, section 14.6).</summary>
internal static class MultipartBlob
{
    public static async Task SendAsync(RegistryRequest request, StoredBlob blob, IReadOnlyList<ByteRange> parts)
    {
        // Whatever the bytes are, an id that was made just now is not among them.
        string boundary = request.Content.Ids.Next();
        byte[][] heads = [.. parts.Select((part, index) => Head(boundary, part, blob.Size, isFirst: index == 0))];
        byte[] tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        HttpResponse response = request.Response;
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = $"multipart/byteranges; boundary={boundary}";
        response.ContentLength = parts.Sum(static part => part.Length) + heads.Sum(static head => (long)head.Length) + tail.Length;
        for (int i = 0; i < parts.Count; i++)
        {
            ObjectContent content = await request.Content.Blobs.OpenAsync(blob, parts[i].Start, parts[i].Length, request.Aborted).ConfigureAwait(false)
                ?? throw new InvalidDataException($"Blob {blob.Digest} went away while it was being sent.");
            await using (content.ConfigureAwait(false))
            {
                await response.Body.WriteAsync(heads[i], request.Aborted).ConfigureAwait(false);
                await BlobSender.SendAsync(request, content.Stream, parts[i].Length).ConfigureAwait(false);
            }
        }

        await response.Body.WriteAsync(tail, request.Aborted).ConfigureAwait(false);
    }

    private static byte[] Head(string boundary, ByteRange part, long total, bool isFirst) => Encoding.ASCII.GetBytes(
        $"{(isFirst ? "" : "\r\n")}--{boundary}\r\nContent-Type: {MediaTypes.OctetStream}\r\nContent-Range: {part.ContentRange(total)}\r\n\r\n");
}
