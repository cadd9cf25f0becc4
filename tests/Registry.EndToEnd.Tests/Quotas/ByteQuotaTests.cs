using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Quotas;

/// <summary>What people read who push more bytes to a feed than it may hold, and that nothing of it stays counted.</summary>
public sealed partial class ByteQuotaTests(TestRun run)
{
    private const int AllowedBytes = 12_000_000;

    /// <summary>More than there is room for, and more than is on its way when the refusal comes.</summary>
    private const int LargeLayerBytes = 30_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_push_above_the_limit_is_refused_with_the_numbers_and_leaves_nothing_counted()
    {
        await using var host = await run.StartAsync(
            HostOptions.Sample("CollectionHost", ["--Registry:Data={data}", $"--Feeds:main:Quota:Bytes={AllowedBytes}", "--Feeds:main:KeepUntagged=00:00:00"]), "quota", Cancelled);
        var clients = new List<(string Name, IImageClient Client)>();
        foreach (var name in Refused.Clients)
        {
            clients.Add((name, await Refused.ClientAsync(run, host, name)));
        }

        List<PushedImage> images = [await clients[^1].Client.PushAsync("main/held", "1", [ImageRecipe.Create()], Cancelled)];
        var held = await SizeAsync(host, images[0]);
        foreach (var (name, client) in clients)
        {
            var said = await Refused.SaysAsync(client, $"main/{name}", "large", ImageRecipe.Create().WithLargeLayers(1, LargeLayerBytes));

            var numbers = Message().Match(said);
            Assert.True(numbers.Success, said);
            Assert.Equal(AllowedBytes, Number(numbers, "allowed"));
            Assert.InRange(Number(numbers, "used"), held, AllowedBytes);
            Assert.True(Number(numbers, "used") + Number(numbers, "asked") > AllowedBytes, said);
            Assert.Empty(await host.Http.GetTagsAsync($"main/{name}", Cancelled));
        }

        // What was taken before the refusal is held for the time of grace.
        Assert.True((await UsageAsync(host, Cancelled)).UsedBytes > held);
        await SetGraceAsync(host, TimeSpan.FromSeconds(1));
        var used = 0L;
        await Eventually.HoldsAsync(
            async token => (used = (await UsageAsync(host, token)).UsedBytes) == held, Patience, () => $"{held} bytes are held, and {used} counted\n{host.LogTail()}", Cancelled);
        await SetGraceAsync(host, TimeSpan.FromHours(1));

        foreach (var (name, client) in clients)
        {
            images.Add(await client.PushAsync($"main/{name}", "1", [ImageRecipe.Create()], Cancelled));
            await client.DisposeAsync();
        }

        var sum = 0L;
        foreach (var image in images)
        {
            await ImageAssert.WholeAsync(host.Http, image, Cancelled);
            sum += await SizeAsync(host, image);
        }

        Assert.Equal(new Usage(sum, AllowedBytes), await UsageAsync(host, Cancelled));
    }

    private static async Task SetGraceAsync(RegistryHost host, TimeSpan period)
    {
        using var response = await host.Http.Client.PutAsync(string.Create(CultureInfo.InvariantCulture, $"/test/grace?period={period}"), null, Cancelled);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<Usage> UsageAsync(RegistryHost host, CancellationToken cancellationToken) =>
        (await host.Http.Client.GetFromJsonAsync<Usage>("/test/usage/main", cancellationToken))!;

    /// <summary>The bytes of an image's manifest and of all that it names.</summary>
    private static async Task<long> SizeAsync(RegistryHost host, PushedImage image)
    {
        var manifest = await host.Http.GetManifestAsync(image.Repository, image.Tag, Cancelled);
        using var json = JsonDocument.Parse(manifest.Content);
        return manifest.Content.Length + json.RootElement.GetProperty("layers").EnumerateArray().Prepend(json.RootElement.GetProperty("config"))
            .DistinctBy(descriptor => descriptor.GetProperty("digest").GetString()).Sum(descriptor => descriptor.GetProperty("size").GetInt64());
    }

    private static long Number(Match match, string name) => long.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"The quota of feed 'main' is too small for this push: bytes used (?<used>\d+), asked for (?<asked>\d+)( or more)?, allowed (?<allowed>\d+)\.")]
    private static partial Regex Message();

    private sealed record Usage(long UsedBytes, long? AllowedBytes);
}
