using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Registry.Storage.Azure.Tests;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a/b/")]
    public void A_prefix_may_end_with_a_slash_or_not(string prefix)
    {
        using AzureBlobObjectStore store = Create(new AzureBlobObjectStoreOptions { Prefix = prefix });
    }

    [Fact]
    public void All_mistakes_are_named_at_once()
    {
        var options = new AzureBlobObjectStoreOptions
        {
            Prefix = "a//b", DataAccessTier = AccessTier.Archive, BlockBytes = 1, MaxBlockBytes = 0, BlocksInFlight = 0, MaxDownloadUrlLifetime = TimeSpan.Zero, DownloadUrlClockSkew = TimeSpan.FromDays(1),
        };

        string message = Assert.Throws<ArgumentException>(() => Create(options)).Message;

        Assert.All(
            ["Prefix", "DataAccessTier", "BlockBytes", "MaxBlockBytes", "BlocksInFlight", "MaxDownloadUrlLifetime", "DownloadUrlClockSkew"],
            name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    private static AzureBlobObjectStore Create(AzureBlobObjectStoreOptions options) =>
        new(new BlobContainerClient(new Uri("https://account.example.com/container")), options, TimeProvider.System, NullLogger<AzureBlobObjectStore>.Instance);
}
