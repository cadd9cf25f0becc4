using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

public sealed class ContainerdTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_platforms_of_an_index_are_pulled_and_pushed_on()
    {
        var skopeo = await SkopeoClient.SharedAsync(run);
        var containerd = await ContainerdClient.SharedAsync(run);
        var pushed = await skopeo.PushAsync(run.NewRepository("containerd"), "all", [ImageRecipe.Create(), ImageRecipe.Create("arm64")], Cancelled);
        var repository = run.NewRepository("containerd");
        var copy = $"{run.Registry.Name}/{repository}:copy";

        await containerd.RunAsync(["images", "pull", "--plain-http", "--snapshotter", "native", "--all-platforms", pushed.Reference], Cancelled);
        await containerd.RunAsync(["images", "tag", pushed.Reference, copy], Cancelled);
        await containerd.RunAsync(["images", "push", "--plain-http", copy], Cancelled);

        Assert.Equal(
            await run.Registry.Http.PullWholeAsync(pushed.Repository, "all", Cancelled),
            await run.Registry.Http.PullWholeAsync(repository, "copy", Cancelled));
        var content = await containerd.PullAsync(copy, "arm64", Cancelled);
        Assert.Equal(pushed.Files["arm64"], content.Files);
    }
}
