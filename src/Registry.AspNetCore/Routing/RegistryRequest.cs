using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.Http;
using Registry.Content;
using Registry.Errors;
using Registry.Model;

namespace Registry.AspNetCore.Routing;

/// <summary>A request to a registry, with what its handlers need of it.</summary>
internal sealed class RegistryRequest(
    HttpContext http, RegistryInstance registry, RegistryMetrics metrics, string basePath, RegistryRoute route, RepositoryName repository)
{
    public HttpContext Http { get; } = http;

    public RegistryInstance Registry { get; } = registry;

    public RegistryMetrics Metrics { get; } = metrics;

    public RegistryRoute Route { get; } = route;

    /// <summary>The repository; the default value for requests to the registry as a whole.</summary>
    public RepositoryName Repository { get; } = repository;

    public ContentRoot Content => Registry.Content;

    public HttpResponse Response => Http.Response;

    public CancellationToken Aborted => Http.RequestAborted;

    public bool IsHead => HttpMethods.IsHead(Http.Request.Method);

    /// <summary>
    /// An address for a Location or a Link, absolute in its path alone: it is right behind any proxy, and clients resolve it against the address that
    /// they asked.
    /// </summary>
    public string Url(string rest) => Repository == default ? basePath + rest : $"{basePath}{Repository}/{rest}";

    /// <summary>A query parameter's values. Digests and media types hold no spaces: one that comes in was a plus sign that a client did not escape.</summary>
    public IEnumerable<string> QueryValues(string name) =>
        Http.Request.Query[name].OfType<string>().Select(static value => value.Replace(' ', '+'));

    /// <summary>The digest in the path.</summary>
    /// <exception cref="RegistryException">It is none.</exception>
    public Digest DigestArgument() =>
        Digest.TryParse(Route.Argument, out Digest digest) ? digest : throw InvalidDigest(Route.Argument);

    public static RegistryException InvalidDigest(string text) => new(
        RegistryErrorCode.DigestInvalid,
        "A digest has the form algorithm:encoded, such as sha256: and 64 lower-case hexadecimal characters.",
        text.Length <= Digest.MaxLength ? text : null);

    /// <summary>Ends with an error.</summary>
    public Task FailAsync(RegistryErrorCode code, string message, string? detail = null) => ErrorWriter.WriteAsync(Http, code, message, detail);

    /// <summary>Sets a header that names a digest.</summary>
    public void SetDigest(Digest digest) => Response.Headers[RegistryHeaders.ContentDigest] = new StringValues(digest.Value);
}
