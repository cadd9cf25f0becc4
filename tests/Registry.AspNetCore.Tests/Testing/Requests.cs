using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Registry.AspNetCore.Tests.Testing;

/// <summary>Sends requests as they are written, and reads answers without what HttpClient makes of them.</summary>
internal static class Requests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<HttpResponseMessage> AskAsync(
        this HttpClient client, string method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        foreach ((string name, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value) || content!.Headers.TryAddWithoutValidation(name, value));
        }

        return await client.SendAsync(request, Cancel);
    }

    public static Task<HttpResponseMessage> FetchAsync(this HttpClient client, string path, params (string Name, string Value)[] headers) =>
        client.AskAsync("GET", path, null, headers);

    /// <summary>A header as it came, or <see langword="null"/>; several lines of it are joined with <c>"; "</c>, which no single one has.</summary>
    public static string? Header(this HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) || response.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? string.Join("; ", values)
            : null;

    public static string[] HeaderLines(this HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? [.. values] : [];

    public static Task<byte[]> BytesAsync(this HttpResponseMessage response) => response.Content.ReadAsByteArrayAsync(Cancel);

    public static async Task<string> TextAsync(this HttpResponseMessage response) => Encoding.UTF8.GetString(await response.BytesAsync());

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.BytesAsync());
        return document.RootElement.Clone();
    }

    /// <summary>Asserts an answer without a body.</summary>
    public static async Task<HttpResponseMessage> ShouldBeAsync(this Task<HttpResponseMessage> sending, HttpStatusCode status)
    {
        HttpResponseMessage response = await sending;
        if (response.StatusCode != status)
        {
            Assert.Fail($"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri} answered {(int)response.StatusCode}, not {(int)status}: {await response.TextAsync()}");
        }

        Assert.Equal("registry/2.0", response.Header("Docker-Distribution-API-Version"));
        return response;
    }

    /// <summary>Asserts an error as the protocol has it, and returns its first error.</summary>
    public static async Task<JsonElement> ShouldFailAsync(this Task<HttpResponseMessage> sending, HttpStatusCode status, string code)
    {
        HttpResponseMessage response = await sending.ShouldBeAsync(status);
        JsonElement[] errors = await response.ErrorsAsync();
        Assert.Equal(code, errors[0].GetProperty("code").GetString());
        return errors[0];
    }

    /// <summary>Asserts a body of errors, and returns them.</summary>
    public static async Task<JsonElement[]> ErrorsAsync(this HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Header("Content-Type"));
        byte[] body = await response.BytesAsync();
        Assert.Equal(body.Length.ToString(CultureInfo.InvariantCulture), response.Header("Content-Length"));
        JsonElement root = await response.JsonAsync();
        Assert.Equal("errors", Assert.Single(root.EnumerateObject()).Name);
        JsonElement[] errors = [.. root.GetProperty("errors").EnumerateArray()];
        Assert.NotEmpty(errors);
        Assert.All(errors, static error =>
        {
            Assert.Matches("^[A-Z_]+$", error.GetProperty("code").GetString());
            Assert.NotEqual("", error.GetProperty("message").GetString());
            Assert.All(error.EnumerateObject(), static property => Assert.Contains(property.Name, (string[])["code", "message", "detail"]));
        });
        return errors;
    }
}
