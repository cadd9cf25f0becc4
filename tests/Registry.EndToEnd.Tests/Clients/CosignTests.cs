using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.EndToEnd.Tests.Processes;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Clients;

public sealed class CosignTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_is_signed_and_its_signature_verified()
    {
        var cosign = Tool.RequireUnpacked("cosign");
        var skopeo = await SkopeoClient.SharedAsync(run);
        var shell = run.NewShell("cosign");
        shell.Environment["COSIGN_PASSWORD"] = "";
        var image = await skopeo.PushAsync(run.NewRepository("cosign"), "1", [ImageRecipe.Create()], Cancelled);
        var other = await skopeo.PushAsync(run.NewRepository("cosign"), "1", [ImageRecipe.Create()], Cancelled);
        await shell.RunAsync(cosign, ["generate-key-pair"], Cancelled);

        await shell.RunAsync(
            cosign,
            ["sign", "--key", "cosign.key", "--tlog-upload=false", "--allow-http-registry", "--yes", $"{run.Registry.Name}/{image.Repository}@{image.Digest}"],
            Cancelled);

        var tag = $"{image.Digest!.Replace(':', '-')}.sig";
        Assert.Contains(tag, await run.Registry.Http.GetTagsAsync(image.Repository, Cancelled));
        await run.Registry.Http.PullWholeAsync(image.Repository, tag, Cancelled);
        var verified = await VerifyAsync(image.Reference);
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.NotEqual(0, (await VerifyAsync(other.Reference)).ExitCode);

        Task<CommandResult> VerifyAsync(string reference) => shell.TryRunAsync(
            cosign, ["verify", "--key", "cosign.pub", "--insecure-ignore-tlog=true", "--allow-http-registry", reference], Cancelled);
    }

    [Fact]
    public async Task An_attestation_is_attached_and_verified()
    {
        var cosign = Tool.RequireUnpacked("cosign");
        var skopeo = await SkopeoClient.SharedAsync(run);
        var shell = run.NewShell("cosign");
        shell.Environment["COSIGN_PASSWORD"] = "";
        var image = await skopeo.PushAsync(run.NewRepository("cosign"), "1", [ImageRecipe.Create()], Cancelled);
        await shell.RunAsync(cosign, ["generate-key-pair"], Cancelled);
        var predicate = shell.NewPath("predicate");
        await File.WriteAllTextAsync(predicate, """{"tests":"passed"}""", Cancelled);

        await shell.RunAsync(
            cosign,
            [
                "attest", "--key", "cosign.key", "--tlog-upload=false", "--allow-http-registry", "--yes",
                "--type", "custom", "--predicate", predicate, $"{run.Registry.Name}/{image.Repository}@{image.Digest}",
            ],
            Cancelled);

        await shell.RunAsync(
            cosign,
            ["verify-attestation", "--key", "cosign.pub", "--insecure-ignore-tlog=true", "--allow-http-registry", "--type", "custom", image.Reference],
            Cancelled);
    }
}
