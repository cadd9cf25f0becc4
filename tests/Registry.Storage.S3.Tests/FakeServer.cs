using System.Collections.Concurrent;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace Registry.Storage.S3;

/// <summary>A server of a few operations, whose faults a test chooses.</summary>
internal sealed class FakeServer
{
    private readonly ConcurrentDictionary<string, (string ETag, string? Nonce)> objects = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private int version;

    public FakeServer()
    {
        Client.Config.Returns(new AmazonS3Config { ServiceURL = "http://fake.example" });
        Client.PutObjectAsync(default!, default).ReturnsForAnyArgs(call => PutAsync(call.Arg<PutObjectRequest>()));
        Client.GetObjectMetadataAsync(Arg.Any<GetObjectMetadataRequest>(), default).ReturnsForAnyArgs(call => HeadAsync(call.Arg<GetObjectMetadataRequest>().Key));
        Client.DeleteObjectAsync(Arg.Any<DeleteObjectRequest>(), default).ReturnsForAnyArgs(call => DeleteAsync(call.Arg<DeleteObjectRequest>()));
    }

    public IAmazonS3 Client { get; } = Substitute.For<IAmazonS3>();

    /// <summary>What every request is refused with.</summary>
    public AmazonS3Exception? Refusal { get; init; }

    public bool IgnoresAbsence { get; init; }

    public bool IgnoresMatch { get; init; }

    public bool WantsNoQuotes { get; init; }

    /// <summary>What it makes of the condition of a delete: <c>kept</c>, or what is wrong with it.</summary>
    public string DeleteConditions { get; set; } = "ignored";

    /// <summary>What a put meets: called with the number of the put to a key below <c>o/</c>; true after the write has happened.</summary>
    public Func<int, bool, HttpStatusCode?> Fault { get; set; } = static (_, _) => null;

    public int Puts { get; private set; }

    public S3ObjectStore Open(bool singleNode = false) =>
        new(Client, new S3ObjectStoreOptions { Bucket = "fake", SingleNode = singleNode, CircuitBreak = TimeSpan.Zero }, TimeProvider.System, NullLogger<S3ObjectStore>.Instance);

    private void ThrowIfRefused()
    {
        if (Refusal is not null)
        {
            throw Refusal;
        }
    }

    private Task<PutObjectResponse> PutAsync(PutObjectRequest request)
    {
        ThrowIfRefused();
        lock (gate)
        {
            int number = request.Key.StartsWith("o/", StringComparison.Ordinal) ? ++Puts : 0;
            if (number > 0 && Fault(number, false) is { } before)
            {
                throw Refuse(before);
            }

            bool there = objects.TryGetValue(request.Key, out (string ETag, string? Nonce) current);
            string quote = WantsNoQuotes ? "" : "\"";
            if ((request.IfNoneMatch == "*" && there && !IgnoresAbsence) || (request.IfMatch is { } match && !IgnoresMatch && (!there || match != quote + current.ETag + quote)))
            {
                throw Refuse(HttpStatusCode.PreconditionFailed);
            }

            string etag = $"etag{++version}";
            objects[request.Key] = (etag, request.Metadata["put"]);
            return number > 0 && Fault(number, true) is { } after ? throw Refuse(after) : Task.FromResult(new PutObjectResponse { ETag = $"\"{etag}\"" });
        }
    }

    private Task<DeleteObjectResponse> DeleteAsync(DeleteObjectRequest request)
    {
        ThrowIfRefused();
        lock (gate)
        {
            if (request.IfMatch is { } match && DeleteConditions != "ignored")
            {
                bool there = objects.TryGetValue(request.Key, out (string ETag, string? Nonce) current);
                HttpStatusCode? refusal = DeleteConditions switch
                {
                    "not implemented" => HttpStatusCode.NotImplemented,
                    "an error" => HttpStatusCode.InternalServerError,
                    "away" => HttpStatusCode.ServiceUnavailable,
                    "never true" => HttpStatusCode.PreconditionFailed,
                    "true of the absent" when !there => null,
                    _ => !there ? HttpStatusCode.NotFound : match == $"\"{current.ETag}\"" ? null : HttpStatusCode.PreconditionFailed,
                };
                if (refusal is { } status)
                {
                    throw Refuse(status);
                }
            }

            objects.TryRemove(request.Key, out _);
            return Task.FromResult(new DeleteObjectResponse());
        }
    }

    private Task<GetObjectMetadataResponse> HeadAsync(string key)
    {
        if (!objects.TryGetValue(key, out (string ETag, string? Nonce) found))
        {
            throw Refuse(HttpStatusCode.NotFound);
        }

        var response = new GetObjectMetadataResponse { ETag = $"\"{found.ETag}\"" };
        if (found.Nonce is not null)
        {
            response.Metadata["put"] = found.Nonce;
        }

        return Task.FromResult(response);
    }

    private static AmazonS3Exception Refuse(HttpStatusCode status) => new(status.ToString()) { StatusCode = status, ErrorCode = status.ToString() };
}
