using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;

namespace RegistryWithIdentity.Pages;

/// <summary>What every page has in common.</summary>
internal static class Html
{
    public static string Encode(string? text) => HtmlEncoder.Default.Encode(text ?? "");

    /// <summary>The hidden field that a form of this app alone has, for this browser and user.</summary>
    public static string Token(HttpContext context)
    {
        var tokens = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
        return $"<input type=\"hidden\" name=\"{tokens.FormFieldName}\" value=\"{tokens.RequestToken}\">";
    }

    /// <summary>A page of which neither caches nor other sites get anything.</summary>
    public static IResult Page(HttpContext context, string body, int status = StatusCodes.Status200OK)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        return Results.Content($"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>App</title></head><body>{body}</body></html>", "text/html; charset=utf-8", statusCode: status);
    }

    /// <summary>Refuses what was not sent by a form of this app.</summary>
    public static async ValueTask<object?> RequireTokenAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        return await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context)
            ? await next(invocation)
            : Page(context, "<p>This form is out of date. <a href=\"/\">Go on</a></p>", StatusCodes.Status400BadRequest);
    }
}
