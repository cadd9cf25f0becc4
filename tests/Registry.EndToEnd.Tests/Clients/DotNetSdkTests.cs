using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

public sealed class DotNetSdkTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(65_536)]
    public async Task An_app_is_published_in_chunks(int chunkSize)
    {
        var sdk = await DotNetSdkClient.SharedAsync(run);
        var skopeo = await SkopeoClient.SharedAsync(run);

        var pushed = await sdk.PushAsync(run.NewRepository("dotnet"), "chunked", [ImageRecipe.Create()], DotNetSdkClient.Chunks(chunkSize), Cancelled);

        await run.Registry.Http.PullWholeAsync(pushed.Repository, "chunked", Cancelled);
        Assert.Equal(pushed.Files["amd64"], (await skopeo.PullAsync(pushed.Reference, "amd64", Cancelled)).Files);
    }
}
