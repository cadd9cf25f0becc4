using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Maintenance;
using Registry.AspNetCore.Tests.Testing;
using Registry.Maintenance.Copying;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Maintenance;

/// <summary>Copies between the stores of one registry, as a host's code asks for them.</summary>
public sealed class ContentCopyServiceTests : MaintenanceTest
{
    private readonly InMemoryObjectStore _copy;
    private readonly InMemoryObjectStore _other;

    public ContentCopyServiceTests()
    {
        _copy = new InMemoryObjectStore(Time);
        _other = new InMemoryObjectStore(Time);
    }

    private static IContentCopyService CopiesOf(RegistryHost host) => host.Services.GetRequiredKeyedService<IContentCopyService>("");

    private static Task<ContentCopyReport> CopyAsync(RegistryHost host, string from, string to, ContentCopyOptions? options = null) => CopiesOf(host).CopyAsync(from, to, options, Cancel);

    private Task<RegistryHost> StartAsync(Func<IObjectStore, IObjectStore>? wrapCopy = null) => StartAsync(
        SwitchOff,
        registry => registry
            .AddStore("copy", store => store.AddStorage(_ => wrapCopy?.Invoke(_copy.Share()) ?? _copy.Share()))
            .AddStore("other", store => store.AddStorage(_ => _other.Share()))
            .AddDefaultFeed()
            .AddFeed("kept", static feed => feed.Store = "other"));

    /// <summary>A host of its own on a store.</summary>
    private Task<RegistryHost> StartOnAsync(InMemoryObjectStore store) => StartAsync(SwitchOff, static registry => registry.AddDefaultFeed().AddFeed("kept"), store.Share());

    [Fact]
    public async Task What_is_pushed_meanwhile_is_copied_with_the_rest_and_pulled_from_a_host_on_the_copy()
    {
        await using RegistryHost host = await StartAsync();
        var images = new List<PushedImage>();
        for (int i = 0; i < 10; i++)
        {
            images.Add(await host.Client.PushImageAsync("app", $"v{i}", $"image {i}"));
        }

        Task<ContentCopyReport> copying = CopyAsync(host, "", "copy");
        PushedImage late = await host.Client.PushImageAsync("late", "v1", "late");
        await copying;
        ContentCopyReport last = await CopyAsync(host, "", "copy");
        ContentCopyReport again = await CopyAsync(host, "", "copy");

        Assert.Empty(last.Problems);
        Assert.True(last.IsCurrent);
        Assert.Equal((0L, 0L, 0L, 0L), (again.Blobs, again.Bytes, again.Manifests, again.Tags));
        await using RegistryHost onCopy = await StartOnAsync(_copy);
        foreach ((string repository, string tag, PushedImage image) in images.Select(static (image, i) => ("app", $"v{i}", image)).Append(("late", "v1", late)))
        {
            HttpResponseMessage manifest = await onCopy.Client.FetchAsync($"/v2/{repository}/manifests/{tag}").ShouldBeAsync(HttpStatusCode.OK);
            Assert.Equal(image.Digest, manifest.Header("Docker-Content-Digest"));
            Assert.Equal(image.Layer, Images.Sha256(await (await onCopy.Client.FetchAsync($"/v2/{repository}/blobs/{image.Layer}")).BytesAsync()));
        }
    }

    [Fact]
    public async Task The_store_of_a_feed_is_copied_by_its_name()
    {
        await using RegistryHost host = await StartAsync();
        PushedImage kept = await host.Client.PushImageAsync("kept/app", "v1");
        await host.Client.PushImageAsync("app", "v1", "of another store");

        ContentCopyReport report = await CopyAsync(host, "other", "copy");

        Assert.Equal((1L, 1L), (report.Manifests, report.Tags));
        await using RegistryHost onCopy = await StartOnAsync(_copy);
        HttpResponseMessage manifest = await onCopy.Client.FetchAsync("/v2/kept/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(kept.Digest, manifest.Header("Docker-Content-Digest"));
        await onCopy.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("copy", "", "is the registry's own")]
    [InlineData("", "", "is the registry's own")]
    [InlineData("", "other", "a feed is kept in it")]
    [InlineData("", "none", "There is no store 'none'.")]
    [InlineData("none", "copy", "There is no store 'none'.")]
    public async Task What_is_in_use_or_not_there_is_refused(string from, string to, string why)
    {
        await using RegistryHost host = await StartAsync();
        await host.Client.PushImageAsync("app", "v1");
        await host.Client.PushImageAsync("kept/app", "v1");
        int before = await CountAsync("");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => CopyAsync(host, from, to));

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, await CountAsync(""));
        await host.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        await host.Client.FetchAsync("/v2/kept/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_copy_that_a_host_has_used_is_not_copied_to_again()
    {
        await using RegistryHost host = await StartAsync();
        await host.Client.PushImageAsync("app", "v1");
        await CopyAsync(host, "", "copy");
        await using (RegistryHost onCopy = await StartOnAsync(_copy))
        {
            await onCopy.Client.PushImageAsync("own", "v1");
        }

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => CopyAsync(host, "", "copy"));

        Assert.Contains("a host has used it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_was_stopped_keeps_hosts_away_until_it_was_run_again()
    {
        using var stop = new CancellationTokenSource();
        await using RegistryHost host = await StartAsync(copy => new StoppingStore(copy, stop));
        PushedImage image = await host.Client.PushImageAsync("app", "v1");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CopiesOf(host).CopyAsync("", "copy", null, stop.Token));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartOnAsync(_copy));
        ContentCopyReport report = await CopyAsync(host, "", "copy");

        Assert.Contains("the copy has not come to its end", error.Message, StringComparison.Ordinal);
        Assert.Equal((2L, 1L, 1L), (report.Blobs, report.Manifests, report.Tags));
        await using RegistryHost onCopy = await StartOnAsync(_copy);
        HttpResponseMessage manifest = await onCopy.Client.FetchAsync("/v2/app/manifests/v1").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(image.Digest, manifest.Header("Docker-Content-Digest"));
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_by_name_before_anything_is_touched()
    {
        await using RegistryHost host = await StartAsync();

        var error = await Assert.ThrowsAsync<ArgumentException>(() => CopyAsync(host, "", "copy", new ContentCopyOptions { MaxPasses = 0, Concurrency = 0 }));

        Assert.Contains("MaxPasses is 0; it must be from 1 to 100.", error.Message, StringComparison.Ordinal);
        Assert.Contains("Concurrency is 0; it must be from 1 to 64.", error.Message, StringComparison.Ordinal);
        Assert.Empty((await _copy.ListAsync("", null, 1, Cancel)).Keys);
    }

    /// <summary>The one who asked for the copy gives it up when the first blob is about to come.</summary>
    private sealed class StoppingStore(IObjectStore inner, CancellationTokenSource stop) : ProxyStore(inner)
    {
        public override async ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken)
        {
            await stop.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return await base.OpenAppendAsync(token, cancellationToken);
        }
    }
}
