using Registry.Content;

namespace Registry.Core.Tests.Content;

public sealed class ContentOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new ContentOptions().Validate());

    [Fact]
    public void Every_setting_that_is_out_of_its_range_is_named()
    {
        var options = new ContentOptions { MaxManifestBytes = 1, MaxBlobBytes = 0, GracePeriod = TimeSpan.FromMilliseconds(999), StoreConcurrency = 0, TagHistoryLength = -1 };

        string[] problems = [.. options.Validate()];

        Assert.Equal(5, problems.Length);
        Assert.StartsWith(nameof(ContentOptions.MaxManifestBytes), problems[0], StringComparison.Ordinal);
        Assert.StartsWith(nameof(ContentOptions.MaxBlobBytes), problems[1], StringComparison.Ordinal);
        Assert.StartsWith(nameof(ContentOptions.GracePeriod), problems[2], StringComparison.Ordinal);
        Assert.StartsWith(nameof(ContentOptions.StoreConcurrency), problems[3], StringComparison.Ordinal);
        Assert.StartsWith(nameof(ContentOptions.TagHistoryLength), problems[4], StringComparison.Ordinal);
    }

    [Fact]
    public void The_ends_of_the_ranges_are_in_them()
    {
        Assert.Empty(new ContentOptions { MaxManifestBytes = 4 << 20, MaxBlobBytes = 1, GracePeriod = TimeSpan.FromSeconds(1), StoreConcurrency = 1, TagHistoryLength = 0 }.Validate());
        Assert.Empty(new ContentOptions { MaxManifestBytes = 7 << 20, MaxBlobBytes = long.MaxValue, GracePeriod = TimeSpan.FromDays(90), StoreConcurrency = 256, TagHistoryLength = 100 }.Validate());
        Assert.NotEmpty(new ContentOptions { MaxManifestBytes = (7 << 20) + 1 }.Validate());
        Assert.NotEmpty(new ContentOptions { GracePeriod = TimeSpan.FromDays(91) }.Validate());
        Assert.NotEmpty(new ContentOptions { StoreConcurrency = 257 }.Validate());
        Assert.NotEmpty(new ContentOptions { TagHistoryLength = 101 }.Validate());
    }
}
