using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class ImmutableContentTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    [Theory]
    [Trait("Protocol", "X13")]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task A_blob_may_be_kept_for_good(string method)
    {
        string repository = RegistryFixture.NewRepository();
        TestBlob blob = await registry.Client.PushAsync(repository, TestBlob.Random(10));

        Answer answer = (await registry.Client.SendAsync(method, $"/v2/{repository}/blobs/{blob.Sha256}")).Expect(200);

        Assert.Equal($"\"{blob.Sha256}\"", answer["ETag"]);
        Assert.Equal("bytes", answer["Accept-Ranges"]);
        Assert.Contains("max-age=", answer["Cache-Control"], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Protocol", "X13")]
    public async Task A_refusal_may_not_be_kept()
    {
        Answer answer = (await registry.Client.GetAsync($"/v2/{RegistryFixture.NewRepository()}/blobs/{TestBlob.Empty.Sha256}")).Expect(404);

        Assert.Null(answer["ETag"]);
        Assert.Null(answer["Cache-Control"]);
        Assert.Null(answer["Accept-Ranges"]);
    }
}
