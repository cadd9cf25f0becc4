using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.SignIn;
using Registry.Content;
using Registry.Content.Records;
using Registry.Errors;
using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Routing;

/// <summary>A request to a registry, with what its handlers need of it.</summary>
internal sealed class RegistryRequest(HttpContext http, RegistryInstance registry, RegistryMetrics metrics, string basePath, RegistryRoute route, FeedView view, FeedRepository target)
{
    private ContentRoot? _content;

    public HttpContext Http { get; } = http;

    public RegistryInstance Registry { get; } = registry;

    public RegistryMetrics Metrics { get; } = metrics;

    /// <summary>The path before the repository's name, with its slash and as it is written in an address.</summary>
    public string BasePath { get; } = basePath;

    public RegistryRoute Route { get; } = route;

    /// <summary>How the request names repositories.</summary>
    public FeedView View { get; } = view;

    /// <summary>The feed that the repository is in; <see langword="null"/> for requests to the registry as a whole.</summary>
    public ActiveFeed? Feed => target.Feed;

    /// <summary>The repository, by the name that its content is stored under; the default value for requests to the registry as a whole.</summary>
    public RepositoryName Repository => target.FullName;

    /// <summary>The repository's name as the client writes it; empty for requests to the registry as a whole.</summary>
    public string ClientName => target == default ? "" : Route.Name;

    /// <summary>Everything that the feed's store holds.</summary>
    public ContentRoot Content
    {
        get => _content ?? throw new InvalidOperationException("The request is on no repository.");
        set => _content = value;
    }

    /// <summary>Who sent it, once that was found out.</summary>
    public RegistryCaller? Caller { get; set; }

    /// <summary>What the caller is granted something in, once that was asked.</summary>
    public IReadOnlyList<GrantedFeeds>? Granted { get; set; }

    public HttpResponse Response => Http.Response;

    public CancellationToken Aborted => Http.RequestAborted;

    public bool IsHead => HttpMethods.IsHead(Http.Request.Method);

    /// <summary>Whether the caller may do something here.</summary>
    public ValueTask<Verdict> DecideAsync(RegistryAction action, Tag? tag = null) => Registry.Gate.DecideAsync(this, action, AccessTarget.Of(target, tag));

    /// <summary>Whether the caller may do something here, without asking for credentials when not.</summary>
    public async ValueTask<bool> AllowsAsync(RegistryAction action, Tag? tag = null) => await DecideAsync(action, tag).ConfigureAwait(false) == Verdict.Allowed;

    /// <summary>Whether the user who sent the request may do something here, whatever else the token that came with it was made for.</summary>
    public async ValueTask<bool> UserMayAsync(RegistryAction action, Tag tag) =>
        await Registry.Gate.MayAsync(await Registry.Gate.CallerAsync(this).ConfigureAwait(false), action, AccessTarget.Of(target, tag)).ConfigureAwait(false);

    /// <summary>Who sent the request, for what remembers who changed something.</summary>
    public async ValueTask<ChangedBy> FindSenderAsync()
    {
        try
        {
            RegistryCaller caller = await Registry.Gate.CallerAsync(this).ConfigureAwait(false);
            return new ChangedBy(caller.IsAuthenticated ? caller.Principal.Identity?.Name : null);
        }
        catch (CredentialsUnavailableException)
        {
            // What was allowed without a look at the credentials is open to everybody, and goes on.
            return default;
        }
    }

    /// <summary>Whether the caller may see a tag of the repository.</summary>
    public ValueTask<bool> ShowsAsync(Tag tag) => Registry.Gate.ShowsTagAsync(this, AccessTarget.Of(target, tag));

    /// <summary>
    /// An address for a Location or a Link, absolute in its path alone: it is right behind any proxy, and clients resolve it against the address that
    /// they asked.
    /// </summary>
    public string Url(string rest) => ClientName.Length == 0 ? BasePath + rest : $"{BasePath}{ClientName}/{rest}";

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
