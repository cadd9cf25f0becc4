using System.Net;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Warnings;

public sealed class WarningTests
{
    // 299 - "…" has eight characters around the text.
    private const int LongestText = 4096 - 8;

    [Theory]
    [Trait("Protocol", "13")]
    [InlineData("GET", "/v2/", HttpStatusCode.OK)]
    [InlineData("HEAD", "/v2/", HttpStatusCode.OK)]
    [InlineData("GET", "/v2/_catalog", HttpStatusCode.OK)]
    [InlineData("GET", "/v2/app/manifests/none", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v2/app/manifests/none", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/v2/no/such/path", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v2/app/blobs/uploads/", HttpStatusCode.Accepted)]
    public async Task Every_answer_carries_each_warning_once(string method, string path, HttpStatusCode status)
    {
        await using RegistryHost host = await StartAsync("This registry moves in May.", "Second", "Second");

        HttpResponseMessage response = await host.Client.AskAsync(method, path).ShouldBeAsync(status);

        Assert.Equal(["299 - \"This registry moves in May.\"", "299 - \"Second\""], response.HeaderLines("Warning"));
    }

    [Fact]
    [Trait("Protocol", "13")]
    public async Task Quotes_and_backslashes_are_escaped()
    {
        await using RegistryHost host = await StartAsync("say \"C:\\new\", please");

        HttpResponseMessage response = await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(["299 - \"say \\\"C:\\\\new\\\", please\""], response.HeaderLines("Warning"));
    }

    [Fact]
    [Trait("Protocol", "13")]
    public async Task Without_warnings_there_is_no_header()
    {
        await using RegistryHost host = await StartAsync();

        Assert.Empty((await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK)).HeaderLines("Warning"));
    }

    [Theory]
    [Trait("Protocol", "13")]
    [InlineData(LongestText)]
    [InlineData(2048 - 8, 2048 - 8)]
    public async Task All_warnings_together_may_have_4096_bytes(params int[] lengths)
    {
        string[] warnings = [.. lengths.Select(static (length, index) => new string((char)('a' + index), length))];
        await using RegistryHost host = await StartAsync(warnings);

        HttpResponseMessage response = await host.Client.FetchAsync("/v2/").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal(4096, response.HeaderLines("Warning").Sum(static line => line.Length));
    }

    [Theory]
    [Trait("Protocol", "13")]
    [InlineData(LongestText + 1)]
    [InlineData(2048 - 8, 2048 - 7)]
    public async Task A_byte_more_stops_the_start(params int[] lengths)
    {
        string[] warnings = [.. lengths.Select(static (length, index) => new string((char)('a' + index), length))];

        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(warnings));

        Assert.Contains("Warnings", e.Message, StringComparison.Ordinal);
        Assert.Contains("4096", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Protocol", "13")]
    public async Task Escapes_count()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(new string('"', (LongestText / 2) + 1)));
        await using RegistryHost host = await StartAsync(new string('\\', LongestText / 2));
    }

    [Fact]
    [Trait("Protocol", "13")]
    public async Task A_warning_that_is_given_twice_counts_once()
    {
        await using RegistryHost host = await StartAsync(new string('a', 3000), new string('a', 3000));

        Assert.Single((await host.Client.FetchAsync("/v2/")).HeaderLines("Warning"));
    }

    [Theory]
    [Trait("Protocol", "13")]
    [InlineData("")]
    [InlineData("two\nlines")]
    [InlineData("carriage\rreturn")]
    [InlineData("tab\t")]
    [InlineData("nul\0")]
    [InlineData("ümlaut")]
    [InlineData("\u007f")]
    public async Task A_text_that_is_not_printable_stops_the_start(string warning)
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(warning));

        Assert.Contains("Warnings", e.Message, StringComparison.Ordinal);
    }

    private static Task<RegistryHost> StartAsync(params string[] warnings) => RegistryHost.StartAsync(options =>
    {
        foreach (string warning in warnings)
        {
            options.Warnings.Add(warning);
        }
    });
}
