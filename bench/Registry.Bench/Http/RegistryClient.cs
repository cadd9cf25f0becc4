using System.Text;
using Registry.Bench.Content;

namespace Registry.Bench.Http;

/// <summary>The registry's operations on one connection. Each checks its answer; an unexpected one ends the row.</summary>
/// <param name="connection">To the registry.</param>
/// <param name="store">To where it may send pulls on to.</param>
internal sealed class RegistryClient(HttpConnection connection, HttpConnection? store = null) : IDisposable
{
    /// <summary>How much of an unexpected answer a message quotes, in bytes.</summary>
    private const int LongestExcerpt = 300;

    private readonly ByteWriter target = new(1024);

    /// <summary>Where the running upload goes on: the last <c>Location</c>.</summary>
    private readonly ByteWriter upload = new(1024);

    public void Connect() => connection.Connect();

    public void Dispose()
    {
        connection.Dispose();
        store?.Dispose();
    }

    /// <summary>POST, then one PUT with the whole body.</summary>
    public void PushWhole(RepositoryPath repository, Blob blob)
    {
        StartUpload(repository.Uploads);
        BeginCommit(blob);
        connection.Header("Content-Type"u8, "application/octet-stream"u8);
        connection.ContentLength(blob.Length);
        connection.EndHead();
        blob.WriteTo(connection);
        Finish(201, "PUT of an upload with its body");
    }

    /// <summary>POST, one PATCH in chunked transfer encoding, then an empty PUT: what the Docker engine and containerd do.</summary>
    public void PushStreamed(RepositoryPath repository, Blob blob)
    {
        BeginStreamed(repository, blob);
        FinishStreamed(blob);
    }

    /// <summary>POST and one PATCH in chunked transfer encoding.</summary>
    public void BeginStreamed(RepositoryPath repository, Blob blob)
    {
        StartUpload(repository.Uploads);
        connection.Begin("PATCH"u8, upload.Written);
        connection.Header("Content-Type"u8, "application/octet-stream"u8);
        connection.Header("Transfer-Encoding"u8, "chunked"u8);
        connection.EndHead();
        blob.WriteChunksTo(connection);
        Finish(202, "PATCH of an upload");
        upload.Set(connection.Response.Location);
    }

    /// <summary>The empty PUT that ends an upload.</summary>
    public void FinishStreamed(Blob blob)
    {
        BeginCommit(blob);
        connection.ContentLength(0);
        connection.EndHead();
        Finish(201, "PUT of an upload");
    }

    /// <summary>What an engine does with a layer that it believes to be new: ask, then upload.</summary>
    public void PushLikeEngine(RepositoryPath repository, Blob blob)
    {
        connection.Begin("HEAD"u8, target.Set(repository.Blobs).Append(blob.Digest).Written);
        connection.EndHead();
        ExpectHead(404, "HEAD of a new blob");
        PushStreamed(repository, blob);
    }

    /// <summary>Mounts a blob that another repository has, and uploads it where the server declines.</summary>
    public void Mount(RepositoryPath repository, RepositoryPath from, Blob blob)
    {
        target.Set(repository.Uploads).Append("?mount="u8).Append(blob.Digest).Append("&from="u8).Append(from.Name);
        connection.Begin("POST"u8, target.Written);
        connection.ContentLength(0);
        connection.EndHead();
        var status = connection.ReadHead().Status;
        if (status == 202)
        {
            upload.Set(connection.Response.Location);
            connection.ReadBody();
            BeginCommit(blob);
            connection.ContentLength(blob.Length);
            connection.EndHead();
            blob.WriteTo(connection);
            Finish(201, "PUT of an upload with its body");
            return;
        }

        Expect(201, "POST of a mount");
        connection.ReadBody();
    }

    public void PutManifest(RepositoryPath repository, ReadOnlySpan<byte> tag, Manifest manifest)
    {
        connection.Begin("PUT"u8, target.Set(repository.Manifests).Append(tag).Written);
        connection.Header("Content-Type"u8, manifest.MediaType);
        connection.ContentLength(manifest.Bytes.Length);
        connection.EndHead();
        connection.Write(manifest.Bytes);
        Finish(201, "PUT of a manifest");
    }

    public void DeleteTag(RepositoryPath repository, ReadOnlySpan<byte> tag)
    {
        connection.Begin("DELETE"u8, target.Set(repository.Manifests).Append(tag).Written);
        connection.EndHead();
        Finish(202, "DELETE of a tag");
    }

    /// <param name="reader">Sees the body; null to count it only.</param>
    public void GetBlob(RepositoryPath repository, Blob blob, Action<ReadOnlySpan<byte>>? reader = null)
    {
        connection.Begin("GET"u8, target.Set(repository.Blobs).Append(blob.Digest).Written);
        connection.EndHead();
        if (connection.ReadHead().Status == 307 && store is not null)
        {
            target.Set(connection.Response.Location);
            connection.ReadBody();
            store.Begin("GET"u8, target.Written);
            store.EndHead();
            var status = store.ReadHead().Status;
            var length = store.ReadBody(reader);
            if (status != 200)
            {
                throw new ProtocolException($"The store answered {status} to a GET of a blob.");
            }

            ExpectLength(blob.Length, length);
            return;
        }

        Expect(200, "GET of a blob");
        ExpectLength(blob.Length, connection.ReadBody(reader));
    }

    public void GetManifest(RepositoryPath repository, ReadOnlySpan<byte> reference, Manifest manifest)
    {
        BeginManifest("GET"u8, repository, reference);
        connection.ReadHead();
        Expect(200, "GET of a manifest");
        ExpectLength(manifest.Bytes.Length, connection.ReadBody());
    }

    public void HeadManifest(RepositoryPath repository, ReadOnlySpan<byte> reference, Manifest manifest)
    {
        BeginManifest("HEAD"u8, repository, reference);
        ExpectHead(200, "HEAD of a manifest");
        ExpectLength(manifest.Bytes.Length, connection.Response.ContentLength);
    }

    /// <summary>Gets one page of a list; <see cref="NextPage"/> says how to go on. Returns false where the list does not exist.</summary>
    public bool TryGetPage(ReadOnlySpan<byte> page, Action<ReadOnlySpan<byte>> reader)
    {
        connection.Begin("GET"u8, page);
        connection.EndHead();
        if (connection.ReadHead().Status == 404)
        {
            connection.ReadBody();
            return false;
        }

        Expect(200, "GET of a list");
        connection.ReadBody(reader);
        return true;
    }

    /// <summary>The request target of the page after the one that was read last; empty after the last page.</summary>
    public ReadOnlySpan<byte> NextPage => connection.Response.NextPage;

    /// <summary>The status of <c>GET /v2/</c>.</summary>
    public int Ping()
    {
        connection.Begin("GET"u8, "/v2/"u8);
        connection.EndHead();
        var status = connection.ReadHead().Status;
        connection.ReadBody();
        return status;
    }

    private void StartUpload(ReadOnlySpan<byte> uploads)
    {
        connection.Begin("POST"u8, uploads);
        connection.ContentLength(0);
        connection.EndHead();
        Finish(202, "POST of an upload");
        upload.Set(connection.Response.Location);
    }

    private void BeginCommit(Blob blob)
    {
        var separator = upload.Written.Contains((byte)'?') ? "&digest="u8 : "?digest="u8;
        connection.Begin("PUT"u8, upload.Append(separator).Append(blob.Digest).Written);
    }

    private void BeginManifest(ReadOnlySpan<byte> method, RepositoryPath repository, ReadOnlySpan<byte> reference)
    {
        connection.Begin(method, target.Set(repository.Manifests).Append(reference).Written);
        connection.Header("Accept"u8, Manifest.Accepted);
        connection.EndHead();
    }

    private void Finish(int expected, string request)
    {
        connection.ReadHead();
        Expect(expected, request);
        connection.ReadBody();
    }

    private void ExpectHead(int expected, string request)
    {
        var status = connection.ReadHead().Status;
        if (status != expected)
        {
            throw new ProtocolException($"{request} answered {status} instead of {expected}.");
        }
    }

    private void Expect(int expected, string request)
    {
        var status = connection.Response.Status;
        if (status != expected)
        {
            var body = new StringBuilder();
            connection.ReadBody(part => body.Append(Encoding.UTF8.GetString(part[..Math.Min(part.Length, LongestExcerpt - body.Length)])));
            var excerpt = string.Join(' ', body.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            throw new ProtocolException($"{request} answered {status} instead of {expected}: {excerpt}");
        }
    }

    private static void ExpectLength(long expected, long actual)
    {
        if (actual != expected)
        {
            throw new ProtocolException($"A body of {actual} bytes came instead of {expected}.");
        }
    }
}
