using System.Net;
using System.Text.RegularExpressions;

namespace Registry.EndToEnd.Tests.SignIn;

/// <summary>As much of a browser as pages with forms need: it keeps cookies, follows redirects, and sends a form with its hidden field.</summary>
internal sealed partial class Browser(Uri address) : IDisposable
{
    // Local addresses need no proxy.
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };

    public Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellationToken) => _client.GetAsync(path, cancellationToken);

    public Task<string> ReadAsync(string path, CancellationToken cancellationToken) => _client.GetStringAsync(path, cancellationToken);

    /// <summary>Sends a form as another site would have it sent: with the cookies, and without the hidden field.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, HttpContent form, CancellationToken cancellationToken) => _client.PostAsync(path, form, cancellationToken);

    /// <summary>Sends a form of a page.</summary>
    public async Task<string> SubmitAsync(string page, string action, IReadOnlyDictionary<string, string> fields, CancellationToken cancellationToken)
    {
        var shown = await ReadAsync(page, cancellationToken);
        Assert.Contains($"action=\"{action}\"", shown, StringComparison.Ordinal);
        var token = WebUtility.HtmlDecode(HiddenField().Match(shown).Groups[1].Value);
        using var form = new FormUrlEncodedContent(fields.Append(KeyValuePair.Create("__RequestVerificationToken", token)));
        using var answer = await _client.PostAsync(action, form, cancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex HiddenField();
}
