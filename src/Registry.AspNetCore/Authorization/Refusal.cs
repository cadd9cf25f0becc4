using System.Globalization;
using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.AspNetCore.SignIn;
using Registry.AspNetCore.Tokens;
using Registry.Errors;

namespace Registry.AspNetCore.Authorization;

/// <summary>Tells a caller that it may not do something, or has to sign in first.</summary>
internal static class Refusal
{
    /// <summary>Answers a request that was not allowed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="verdict">Why not.</param>
    /// <param name="action">What it wanted.</param>
    public static async Task WriteAsync(RegistryRequest request, Verdict verdict, RegistryAction action)
    {
        HttpContext context = request.Http;
        switch (verdict)
        {
            case Verdict.Denied:
                await ErrorWriter.WriteAsync(context, RegistryErrorCode.Denied, $"You have no right to do this ({action}) here.").ConfigureAwait(false);
                return;
            case Verdict.Throttled:
                RegistryCaller caller = await request.Registry.Gate.CallerAsync(request).ConfigureAwait(false);
                await WriteThrottledAsync(context, caller.RetryAfter).ConfigureAwait(false);
                return;
        }

        await request.Registry.Challenger.ChallengeAsync(request, verdict, ScopeOf(request, action)).ConfigureAwait(false);
        if (context.Response.HasStarted)
        {
            return;
        }

        string message = verdict switch
        {
            Verdict.InvalidCredentials => "The credentials are not right, or not any more.",
            Verdict.InsufficientScope => "The token is not for this. Another one can be.",
            _ => "Credentials are needed for this.",
        };
        await ErrorWriter.WriteAsync(context, RegistryErrorCode.Unauthorized, message).ConfigureAwait(false);
    }

    public static Task WriteThrottledAsync(HttpContext context, TimeSpan? retryAfter)
    {
        int seconds = Math.Max(1, (int)Math.Ceiling(retryAfter?.TotalSeconds ?? 1));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return ErrorWriter.WriteAsync(context, RegistryErrorCode.TooManyRequests, "There were too many failed attempts to sign in from where you are. Try again later.");
    }

    /// <summary>What a token has to be for, in the names that the client uses (Docker's token specification, "Requesting a token").</summary>
    private static string? ScopeOf(RegistryRequest request, RegistryAction action)
    {
        if (action == RegistryAction.List)
        {
            return ScopeText.FormatCatalog();
        }

        if (request.ClientName.Length == 0)
        {
            return null;
        }

        TokenActions actions = action switch
        {
            RegistryAction.Push or RegistryAction.Overwrite => TokenActions.Pull | TokenActions.Push,
            RegistryAction.Delete => TokenActions.Delete,
            _ => TokenActions.Pull,
        };
        string scope = ScopeText.Format(request.ClientName, actions);
        return request.Route.Kind == RouteKind.StartUpload && request.QueryValues("from").LastOrDefault() is { } from && request.View.TryResolve(from, out _)
            ? $"{scope} {ScopeText.Format(from, TokenActions.Pull)}"
            : scope;
    }
}
