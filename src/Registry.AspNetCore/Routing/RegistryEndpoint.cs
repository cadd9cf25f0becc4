using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Hosting;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.SignIn;
using Registry.Errors;
using Registry.Feeds;
using Registry.Model;
using Registry.Storage;

namespace Registry.AspNetCore.Routing;

/// <summary>Takes every request under a registry's prefix: finds the operation, asks whether the caller may, runs it, and turns what went wrong into an answer.</summary>
internal sealed class RegistryEndpoint(Func<RegistryInstance> find, RegistryMetrics metrics)
{
    /// <summary>The part of a route that stands for a feed.</summary>
    public const string FeedParameter = "registryFeed";

    private readonly Lazy<RegistryInstance> _registry = new(find);

    public async Task HandleAsync(HttpContext context)
    {
        RegistryInstance registry = _registry.Value;
        CookielessResponse.Ensure(context);
        context.Response.Headers[RegistryHeaders.ApiVersion] = RegistryHeaders.ApiVersionValue;
        if (registry.Warnings.Count > 0)
        {
            context.Response.Headers.Warning = registry.Warnings;
        }

        (string basePath, string rest) = SplitPath(context);
        RegistryRoute route = RegistryRoute.Parse(rest);
        Operation? operation = Operations.Find(route.Kind, context.Request.Method);
        using RegistryMetrics.Measurement measurement = metrics.Start(registry.Name, operation?.Name ?? "unknown", context);
        try
        {
            await RunAsync(context, registry, basePath, route, operation).ConfigureAwait(false);
        }
        catch (Exception e) when (IsClientGone(context, e))
        {
            registry.Logger.ClientLeft(operation?.Name);
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest; // Nobody reads it; measurements show it.
            }

            // Or the server would try to read the rest of the body, and complain.
            context.Abort();
        }
        catch (RegistryException e)
        {
            if (e.Errors[0].Code == RegistryErrorCode.Unsupported)
            {
                // An answer of 405 says which methods are left (RFC 9110, section 15.5.6).
                context.Response.Headers.Allow = Operations.AllowedMethods(route.Kind, except: context.Request.Method);
            }

            await FailAsync(context, registry, ErrorCodes.Status(e.Errors[0].Code), e.Errors, e).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            await FailAsync(context, registry, e.StatusCode, [new RegistryError(RegistryErrorCode.SizeInvalid, e.Message)], e).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            registry.Logger.StoreUnavailable(operation?.Name, e);
            SetRetryAfter(context, e.RetryAfter);
            await FailAsync(context, registry, StatusCodes.Status503ServiceUnavailable, [new RegistryError(RegistryErrorCode.Unavailable, "The registry's store cannot be reached now. Try again.")], e).ConfigureAwait(false);
        }
        catch (CredentialsUnavailableException e)
        {
            registry.Logger.CredentialsUnavailable(operation?.Name, e);
            SetRetryAfter(context, e.RetryAfter);
            await FailAsync(context, registry, StatusCodes.Status503ServiceUnavailable, [new RegistryError(RegistryErrorCode.Unavailable, "Credentials cannot be checked now. Try again.")], e).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            registry.Logger.RequestFailed(operation?.Name, e);
            await FailAsync(context, registry, StatusCodes.Status500InternalServerError, [new RegistryError(RegistryErrorCode.Unknown, "The registry could not carry this out.")], e).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(HttpContext context, RegistryInstance registry, string basePath, RegistryRoute route, Operation? operation)
    {
        if (route.Kind == RouteKind.None)
        {
            await ErrorWriter.WriteAsync(context, StatusCodes.Status404NotFound, [new RegistryError(RegistryErrorCode.Unsupported, "There is nothing of the registry protocol at this path.")]).ConfigureAwait(false);
            return;
        }

        if (operation is null)
        {
            context.Response.Headers.Allow = Operations.AllowedMethods(route.Kind);
            await ErrorWriter.WriteAsync(context, RegistryErrorCode.Unsupported, $"The method is not supported here; {context.Response.Headers.Allow} are.").ConfigureAwait(false);
            return;
        }

        FeedView view = ViewOf(context, registry);
        FeedRepository target = default;
        if (route.Kind is not (RouteKind.Base or RouteKind.Token or RouteKind.Catalog) && !view.TryResolve(route.Name, out target))
        {
            await ErrorWriter.WriteAsync(
                context,
                RegistryErrorCode.NameInvalid,
                $"A repository name has lower-case letters and digits, joined by '.', '_', '__' or '-', in parts joined by '/', and at most {RepositoryName.MaxLength} characters.").ConfigureAwait(false);
            return;
        }

        var request = new RegistryRequest(context, registry, metrics, basePath, route, view, target);
        if (operation.Action is { } action && await AuthorizeAsync(request, action, target).ConfigureAwait(false) is not Verdict.Allowed and var refusal)
        {
            await Refusal.WriteAsync(request, refusal, action).ConfigureAwait(false);
            return;
        }

        if (target != default)
        {
            await EnterAsync(request, operation).ConfigureAwait(false);
        }

        // The server's own limit on bodies is made for forms. A registry has limits of its own.
        if (operation.TakesBody && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        await operation.Handler(request).ConfigureAwait(false);
    }

    private static ValueTask<Verdict> AuthorizeAsync(RegistryRequest request, RegistryAction action, FeedRepository target)
    {
        RegistryGate gate = request.Registry.Gate;
        if (action == RegistryAction.List)
        {
            return gate.DecideListAsync(request);
        }

        Tag? tag = request.Route.Kind == RouteKind.Manifest && Tag.TryParse(request.Route.Argument, out Tag parsed) ? parsed : null;
        return gate.DecideAsync(request, action, action == RegistryAction.Connect ? AccessTarget.Whole : AccessTarget.Of(target, tag));
    }

    /// <summary>Takes a request that was allowed into its feed.</summary>
    /// <exception cref="RegistryException">There is no such feed, or it does not take this request.</exception>
    private static ValueTask EnterAsync(RegistryRequest request, Operation operation)
    {
        if (request.Feed is not { } feed)
        {
            throw new RegistryException(RegistryErrorCode.NameUnknown, "There is no such repository.", request.ClientName);
        }

        if (feed.Settings.Warnings.Count > 0)
        {
            request.Response.Headers.Warning = StringValues.Concat(request.Registry.Warnings, WarningHeaders.Format(feed.Settings.Warnings));
        }

        if (feed.Settings.ReadOnly && operation.Action is RegistryAction.Push or RegistryAction.Delete)
        {
            throw new RegistryException(RegistryErrorCode.Unsupported, "The feed is read-only.");
        }

        if (!feed.Settings.AllowDelete && operation.Action == RegistryAction.Delete)
        {
            throw new RegistryException(RegistryErrorCode.Unsupported, "Nothing can be deleted in this feed.");
        }

        request.Content = request.Registry.Roots.Find(feed.Settings.Store) ?? throw new StoreUnavailableException($"There is no store '{feed.Settings.Store}', which feed '{feed.Name}' is to be kept in.");
        return request.Content.EnsureUsableAsync(request.Aborted);
    }

    /// <summary>How a request names repositories: its path may stand for a feed, or else its host name.</summary>
    private static FeedView ViewOf(HttpContext context, RegistryInstance registry)
    {
        FeedTable feeds = registry.Feeds.Current;
        if (context.Request.RouteValues.TryGetValue(FeedParameter, out object? value) && value is string name)
        {
            return feeds.FindByClientName(name) is { } feed ? new FeedView(feeds, feed) : new FeedView(feeds, null, name);
        }

        return new FeedView(feeds, RegistryAuthority.FeedHostOf(context, feeds));
    }

    // The request's body can break off a moment before the server says that the request was aborted.
    private static bool IsClientGone(HttpContext context, Exception e) =>
        e is ConnectionResetException or ConnectionAbortedException
        || (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or (IOException and not StoreUnavailableException));

    private static void SetRetryAfter(HttpContext context, TimeSpan? wait) =>
        context.Response.Headers.RetryAfter = ((int)Math.Ceiling((wait ?? TimeSpan.FromSeconds(5)).TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private static async Task FailAsync(HttpContext context, RegistryInstance registry, int status, IReadOnlyList<RegistryError> errors, Exception cause)
    {
        if (context.Response.HasStarted)
        {
            // The client must not take what it got for the whole.
            registry.Logger.AnswerCutShort(cause);
            context.Abort();
            return;
        }

        // What was said of the content is not true of the error, which nobody may keep for a year.
        IHeaderDictionary headers = context.Response.Headers;
        headers.Remove(RegistryHeaders.ContentDigest);
        headers.ETag = default;
        headers.CacheControl = default;
        headers.AcceptRanges = default;
        headers.ContentRange = default;
        await ErrorWriter.WriteAsync(context, status, errors).ConfigureAwait(false);
    }

    /// <summary>
    /// Splits the path into the registry's prefix, with its slash and as it is written in an address, and the rest. The prefix has as many segments as the
    /// route before the catch-all.
    /// </summary>
    private static (string BasePath, string Path) SplitPath(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        int segments = ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.PathSegments.Count - 1;
        int end = 0;
        for (int i = 0; i < segments && end >= 0; i++)
        {
            end = path.IndexOf('/', end + 1);
        }

        return end < 0
            ? ($"{context.Request.PathBase}{context.Request.Path}/", "")
            : ($"{context.Request.PathBase}{new PathString(path[..end])}/", path[(end + 1)..]);
    }
}
