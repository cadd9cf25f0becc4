using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Feeds;

namespace Registry.AspNetCore.SignIn;

/// <summary>Where clients get tokens for a request like theirs, and which service these are for.</summary>
/// <param name="Realm">The address of the token service, absolute.</param>
/// <param name="Service">The service's name.</param>
internal readonly record struct RegistryAuthority(string Realm, string Service)
{
    public const string Path = "_auth";

    /// <summary>
    /// What a request says, as far as the host trusts it: the scheme, host and port that the client used. Headers that proxies add count only where the host's own middleware took them over.
    /// </summary>
    public static RegistryAuthority Of(HttpContext context, SignInOptions options, in FeedView view, string basePath) =>
        new(RealmOf(context, options, basePath), ServiceOf(context, options, view));

    /// <summary>The name of the service that a request is for.</summary>
    public static string ServiceOf(HttpContext context, SignInOptions options, in FeedView view)
    {
        // Clients hand the service's name to the token service. Where a fixed address or name would hide which feed the host name stood for, it says so.
        if ((options.BaseUrl is not null || options.Service is not null) && view.Only is { } feed && FeedHostOf(context, view.Table) == feed)
        {
            return context.Request.Host.Value!;
        }

        return options.Service ?? options.BaseUrl?.Authority ?? context.Request.Host.Value ?? "";
    }

    /// <summary>The feed that the host name of a request stands for.</summary>
    public static ActiveFeed? FeedHostOf(HttpContext context, FeedTable feeds) =>
        feeds.HasHosts && context.Request.Host is { HasValue: true } host ? feeds.FindByHost(host.Host, host.Value) : null;

    /// <summary>The feed that the name of a service stands for.</summary>
    public static ActiveFeed? FeedOf(string service, FeedTable feeds)
    {
        // It goes into a challenge, and came from the client.
        return FeedHost.IsValid(service) ? feeds.FindByHost(new HostString(service).Host, service) : null;
    }

    private static string RealmOf(HttpContext context, SignInOptions options, string basePath)
    {
        if (options.ExternalRealm is { } external)
        {
            return external.AbsoluteUri;
        }

        HttpRequest request = context.Request;
        return options.BaseUrl is { } url
            ? string.Concat(url.AbsoluteUri.TrimEnd('/'), basePath.AsSpan(request.PathBase.ToUriComponent().Length), Path)
            : $"{request.Scheme}://{request.Host.ToUriComponent()}{basePath}{Path}";
    }
}
