using System.Net;
using System.Text.RegularExpressions;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.SignIn;

/// <summary>The sample whose app has users of its own: clients sign in as them, and the app's pages and the registry do not touch.</summary>
public sealed partial class HostIdentitySampleTests(TestRun run)
{
    private static readonly Login Publisher = new("ann", "Ann-sample-password-1");
    private static readonly Login Reader = new("ben", "Ben-sample-password-1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ImageClients.Docker)]
    [InlineData(ImageClients.Skopeo)]
    [InlineData(ImageClients.Oras)]
    public async Task A_user_of_the_app_pushes_and_one_without_the_role_only_pulls_with(string name)
    {
        var host = await SharedAsync();
        var access = new RegistryAccess(host.Name);
        await using var publisher = await ImageClients.CreateAsync(run, name, access);
        await using var reader = await ImageClients.CreateAsync(run, name, access);
        await publisher.LogInAsync(Publisher, Cancelled);
        await reader.LogInAsync(Reader, Cancelled);

        var pushed = await publisher.PushAsync(run.NewRepository(name), "1", [ImageRecipe.Create()], Cancelled);
        var pulled = await reader.PullAsync(pushed.Reference, "amd64", Cancelled);

        Assert.Equal(pushed.Files["amd64"], pulled.Files);
        await Refusal.OfAsync(() => reader.PushAsync(pushed.Repository, "2", [ImageRecipe.Create()], Cancelled));
    }

    [Fact]
    public async Task The_cookie_of_the_app_opens_nothing_in_the_registry()
    {
        var host = await SharedAsync();
        using var browser = await SignInAsync(host);

        using var catalog = await browser.GetAsync("/v2/_catalog", Cancelled);
        using var home = await browser.GetAsync("/", Cancelled);

        await RegistryHttp.ExpectAsync(catalog, HttpStatusCode.Unauthorized);
        Assert.False(catalog.Headers.Contains("Set-Cookie"));
        Assert.Equal("Bearer", Assert.Single(catalog.Headers.WwwAuthenticate).Scheme);
        await RegistryHttp.ExpectAsync(home, HttpStatusCode.OK);
        Assert.Contains("<h1>ann</h1>", await home.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signing_in_to_the_registry_opens_no_page()
    {
        var host = await SharedAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = host.Url };
        client.DefaultRequestHeaders.Authorization = Proxies.SignInSite.BasicHeader(Publisher);

        using var catalog = await client.GetAsync("/v2/_catalog", Cancelled);
        using var home = await client.GetAsync("/", Cancelled);

        await RegistryHttp.ExpectAsync(catalog, HttpStatusCode.OK);
        Assert.False(catalog.Headers.Contains("Set-Cookie"));
        await RegistryHttp.ExpectAsync(home, HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_form_that_another_site_sent_is_refused()
    {
        var host = await SharedAsync();
        using var browser = await SignInAsync(host);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "forged", ["days"] = "1" });

        using var answer = await browser.PostAsync("/keys", form, Cancelled);

        await RegistryHttp.ExpectAsync(answer, HttpStatusCode.BadRequest);
        Assert.DoesNotContain("forged", await browser.ReadAsync("/", Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_from_the_page_is_good_until_it_is_revoked_there()
    {
        var host = await SharedAsync();
        using var browser = await SignInAsync(host);
        var shown = await browser.SubmitAsync("/", "/keys", new Dictionary<string, string> { ["name"] = "build <server>", ["days"] = "3" }, Cancelled);
        var key = Key().Match(shown).Value;
        await using var skopeo = SkopeoClient.Create(run, new RegistryAccess(host.Name));
        await skopeo.LogInAsync(new Login("api", key), Cancelled);

        var pushed = await skopeo.PushAsync(run.NewRepository("skopeo"), "1", [ImageRecipe.Create()], Cancelled);
        Assert.Equal(pushed.Files["amd64"], (await skopeo.PullAsync(pushed.Reference, "amd64", Cancelled)).Files);
        var home = await browser.ReadAsync("/", Cancelled);
        Assert.Contains("build &lt;server&gt;", home, StringComparison.Ordinal);
        Assert.DoesNotContain(key, home, StringComparison.Ordinal);

        // The page comes back when the key is revoked, and in the process that did it that counts at once.
        await browser.SubmitAsync("/", $"/keys/{key[4..30]}/revoke", new Dictionary<string, string>(), Cancelled);

        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = host.Url };
        client.DefaultRequestHeaders.Authorization = Proxies.SignInSite.BasicHeader(new Login("api", key));
        using var refused = await client.GetAsync("/v2/", Cancelled);
        await RegistryHttp.ExpectAsync(refused, HttpStatusCode.Unauthorized);
        await Refusal.OfAsync(() => skopeo.PullAsync(pushed.Reference, "amd64", Cancelled));
    }

    private static async Task<Browser> SignInAsync(RegistryHost host)
    {
        var browser = new Browser(host.Url);
        var home = await browser.SubmitAsync(
            "/sign-in", "/sign-in", new Dictionary<string, string> { ["user"] = Publisher.UserName, ["password"] = Publisher.Password }, Cancelled);
        Assert.Contains("<h1>ann</h1>", home, StringComparison.Ordinal);
        return browser;
    }

    private Task<RegistryHost> SharedAsync() =>
        run.SharedAsync("sample with users of the app", () => run.StartAsync(HostOptions.Sample("HostIdentity", ["--Registry:Data={data}"]), "identity-sample", CancellationToken.None));

    [GeneratedRegex("drk_[0-9A-Za-z]{75}")]
    private static partial Regex Key();
}
