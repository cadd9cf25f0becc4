using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Http;
using Registry.Errors;

namespace Registry.AspNetCore.Authorization;

/// <summary>Tells a caller that it may not do something, or has to sign in first.</summary>
internal static class Refusal
{
    public static async Task WriteAsync(HttpContext context, RegistryGate gate, Verdict verdict, RegistryAction action)
    {
        if (verdict != Verdict.Unauthenticated)
        {
            await ErrorWriter.WriteAsync(context, RegistryErrorCode.Denied, $"You have no right to do this ({action}) here.").ConfigureAwait(false);
            return;
        }

        IHeaderDictionary headers = context.Response.Headers;
        StringValues cookies = headers.SetCookie;
        await gate.ChallengeAsync(context).ConfigureAwait(false);
        if (context.Response.HasStarted)
        {
            return;
        }

        // A scheme made for pages leads to its form, which is of no use to a registry's clients.
        headers.Location = default;
        headers.SetCookie = cookies;
        await ErrorWriter.WriteAsync(context, RegistryErrorCode.Unauthorized, "Credentials are needed for this.").ConfigureAwait(false);
    }
}
