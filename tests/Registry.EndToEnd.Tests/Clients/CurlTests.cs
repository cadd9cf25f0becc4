using System.Security.Cryptography;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Http;
using Registry.EndToEnd.Tests.Processes;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>What scripts do with curl, and what only a client that resumes shows.</summary>
public sealed class CurlTests(TestRun run)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_download_that_broke_off_is_resumed()
    {
        var curl = Tool.Require("curl");
        var shell = run.NewShell("curl");
        var content = RandomNumberGenerator.GetBytes(500_000);
        var url = await UploadAsync(curl, shell, content);
        var file = shell.NewPath("part");
        await File.WriteAllBytesAsync(file, content[..123_457], Cancelled);

        var resumed = await shell.RunAsync(
            curl, ["--silent", "--show-error", "--fail", "--continue-at", "-", "--output", file, "--write-out", "%{http_code} %{size_download}", url], Cancelled);

        Assert.Equal($"206 {content.Length - 123_457}", resumed.Output);
        Assert.Equal(content, await File.ReadAllBytesAsync(file, Cancelled));
    }

    [Fact]
    public async Task Several_parts_of_a_blob_are_downloaded_each_for_itself()
    {
        var curl = Tool.Require("curl");
        var shell = run.NewShell("curl");
        var content = RandomNumberGenerator.GetBytes(300_001);
        var url = await UploadAsync(curl, shell, content);
        var file = shell.NewPath("parts");

        var parts = new List<byte>();
        foreach (var range in (string[])["0-0", "1-99999", "100000-"])
        {
            await shell.RunAsync(curl, ["--silent", "--show-error", "--fail", "--range", range, "--output", file, url], Cancelled);
            parts.AddRange(await File.ReadAllBytesAsync(file, Cancelled));
        }

        Assert.Equal(content, parts);
    }

    /// <summary>Uploads with POST and PUT as a script would, and returns the blob's URL.</summary>
    private async Task<string> UploadAsync(string curl, ClientShell shell, byte[] content)
    {
        var digest = RegistryHttp.Sha256(content);
        var repository = $"{run.Registry.Url}v2/{run.NewRepository("curl")}";
        var file = shell.NewPath("blob");
        await File.WriteAllBytesAsync(file, content, Cancelled);
        var started = await shell.RunAsync(
            curl, ["--silent", "--show-error", "--fail", "--request", "POST", "--write-out", "%header{location}", $"{repository}/blobs/uploads/"], Cancelled);
        var location = new Uri(run.Registry.Url, started.Output.Trim()).AbsoluteUri;
        location += (location.Contains('?', StringComparison.Ordinal) ? "&" : "?") + $"digest={digest}";
        var uploaded = await shell.RunAsync(
            curl, ["--silent", "--show-error", "--fail", "--upload-file", file, "--write-out", "%{http_code}", location], Cancelled);
        Assert.Equal("201", uploaded.Output);
        return $"{repository}/blobs/{digest}";
    }
}
