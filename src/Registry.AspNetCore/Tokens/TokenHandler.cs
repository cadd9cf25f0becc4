using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.AspNetCore.SignIn;
using Registry.Errors;

namespace Registry.AspNetCore.Tokens;

/// <summary>
/// The token service: GET with <c>Basic</c> or with nothing (Docker's token specification, "Requesting a token"), and POST with a password or a refresh token ("Docker Registry v2 authentication using OAuth2").
/// </summary>
internal static class TokenHandler
{
    public static async Task GetAsync(RegistryRequest request)
    {
        if (FindService(request) is not { } service)
        {
            await FailUnknownAsync(request).ConfigureAwait(false);
            return;
        }

        HttpContext context = request.Http;
        RegistryCaller caller = RegistryCaller.Nobody();
        if (context.Request.Headers.Authorization is { Count: > 0 } header)
        {
            bool isBasic = AuthorizationHeader.TryRead(header, out string? scheme, out string? parameter) && scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);
            caller = isBasic && AuthorizationHeader.TryReadBasic(parameter!, out string? user, out string? password)
                ? await service.SignInAsync(context, user, password).ConfigureAwait(false)
                : RegistryCaller.Rejected();
        }

        await AnswerAsync(request, service, TokenRequest.OfQuery(context.Request), _ => new ValueTask<RegistryCaller>(caller)).ConfigureAwait(false);
    }

    public static async Task PostAsync(RegistryRequest request)
    {
        if (FindService(request) is not { } service)
        {
            await FailUnknownAsync(request).ConfigureAwait(false);
            return;
        }

        HttpContext context = request.Http;
        TokenRequest form = await TokenRequest.OfFormAsync(context).ConfigureAwait(false);
        switch (form)
        {
            case { GrantType: "password", UserName: { } user, Password: { } password }:
                await AnswerAsync(request, service, form, _ => service.SignInAsync(context, user, password)).ConfigureAwait(false);
                return;
            case { GrantType: "refresh_token", RefreshToken: { } token }:
                await AnswerAsync(request, service, form, audience => service.SignInAsync(token, audience, request.Aborted)).ConfigureAwait(false);
                return;
            default:
                await FailAsync(request, "The form's grant_type must be 'password', with username and password, or 'refresh_token', with refresh_token.").ConfigureAwait(false);
                return;
        }
    }

    private static async Task AnswerAsync(RegistryRequest request, TokenService service, TokenRequest wanted, Func<string, ValueTask<RegistryCaller>> signIn)
    {
        if (wanted.Scopes.Count > service.MaxScopes)
        {
            await FailAsync(request, $"A token can be for at most {service.MaxScopes} scopes.").ConfigureAwait(false);
            return;
        }

        if (service.FindAudience(request.Http, request.View, wanted.Service) is not { } audience)
        {
            await FailAsync(request, "This is the token service of another service than the one named.").ConfigureAwait(false);
            return;
        }

        RegistryCaller caller = await signIn(audience.Audience).ConfigureAwait(false);
        if (caller.RetryAfter is { } wait)
        {
            await Refusal.WriteThrottledAsync(request.Http, wait).ConfigureAwait(false);
            return;
        }

        if (caller.IsRejected)
        {
            request.Response.Headers.WWWAuthenticate = $"Basic realm=\"{audience.Audience}\", charset=\"UTF-8\"";
            await request.FailAsync(RegistryErrorCode.Unauthorized, "The credentials are not right, or not any more.").ConfigureAwait(false);
            return;
        }

        TokenService.Made token = await service.MakeAsync(caller, audience.Audience, audience.View, wanted, request.Aborted).ConfigureAwait(false);
        await WriteAsync(request, service, token).ConfigureAwait(false);
    }

    private static Task WriteAsync(RegistryRequest request, TokenService service, TokenService.Made token)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("token", token.Text);
            json.WriteString("access_token", token.Text);
            json.WriteString("scope", token.Scope);
            json.WriteNumber("expires_in", (int)service.Lifetime.TotalSeconds);
            json.WriteString("issued_at", token.Issued.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            if (token.RefreshToken is { } refresh)
            {
                json.WriteString("refresh_token", refresh);
            }

            json.WriteEndObject();
        }

        request.Response.Headers.CacheControl = "no-store";
        return request.Response.WriteJsonAsync(body.WrittenMemory, request.IsHead, request.Aborted);
    }

    private static TokenService? FindService(RegistryRequest request) => request.Registry.Tokens;

    private static Task FailUnknownAsync(RegistryRequest request) =>
        ErrorWriter.WriteAsync(request.Http, StatusCodes.Status404NotFound, [new RegistryError(RegistryErrorCode.Unsupported, "This registry has no token service.")]);

    private static Task FailAsync(RegistryRequest request, string message) =>
        ErrorWriter.WriteAsync(request.Http, StatusCodes.Status400BadRequest, [new RegistryError(RegistryErrorCode.Unsupported, message)]);
}
