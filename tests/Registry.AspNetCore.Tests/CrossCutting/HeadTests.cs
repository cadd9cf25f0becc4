using System.Globalization;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.CrossCutting;

public sealed class HeadTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>
{
    private static readonly string[] OfTheConnection = ["Date", "Transfer-Encoding"];

    [Theory]
    [Trait("Protocol", "X2")]
    [InlineData("")]
    [InlineData("_catalog")]
    [InlineData("{repository}/tags/list")]
    [InlineData("{repository}/tags/list?n=1")]
    [InlineData("{repository}/manifests/v1")]
    [InlineData("{repository}/manifests/{manifest}")]
    [InlineData("{repository}/manifests/none")]
    [InlineData("{repository}/manifests/.malformed")]
    [InlineData("{repository}/manifests/sha256:malformed")]
    [InlineData("{repository}/blobs/{blob}")]
    [InlineData("{repository}/blobs/{empty}")]
    [InlineData("{repository}/blobs/sha256:malformed")]
    [InlineData("{repository}/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("{repository}/referrers/{manifest}")]
    [InlineData("{repository}/referrers/malformed")]
    [InlineData("{repository}/blobs/uploads/")]
    [InlineData("{repository}/blobs/uploads/01hzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("{session}")]
    [InlineData("no/such/tags/list")]
    [InlineData("UPPER/tags/list")]
    [InlineData("nothing")]
    public async Task Head_answers_as_get_does_without_the_body(string path)
    {
        string repository = RegistryFixture.NewRepository();
        TestBlob blob = await registry.Client.PushAsync(repository, TestBlob.Random(1000));
        await registry.Client.PushAsync(repository, TestBlob.Empty);
        TestBlob manifest = await registry.Client.PushImageAsync(repository, "v1");
        await registry.Client.PushImageAsync(repository, "v2", manifest);
        string session = (await registry.Client.StartUploadAsync(repository))["/v2/".Length..];
        path = path.Replace("{repository}", repository, StringComparison.Ordinal)
            .Replace("{manifest}", manifest.Sha256, StringComparison.Ordinal)
            .Replace("{blob}", blob.Sha256, StringComparison.Ordinal)
            .Replace("{empty}", TestBlob.Empty.Sha256, StringComparison.Ordinal)
            .Replace("{session}", session, StringComparison.Ordinal);
        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);

        Answer head = await connection.ExchangeAsync($"HEAD /v2/{path}");
        Answer get = await connection.ExchangeAsync($"GET /v2/{path}");

        Assert.Equal(get.Status, head.Status);
        Assert.Equal(get.HeaderNames.Except(OfTheConnection).Order(), head.HeaderNames.Except(OfTheConnection).Order());
        Assert.All(get.HeaderNames.Except(OfTheConnection), name => Assert.Equal(get[name], head[name]));
        if (get["Transfer-Encoding"] is null && get.Status != 204)
        {
            Assert.Equal(get.Body.Length.ToString(CultureInfo.InvariantCulture), head["Content-Length"]);
        }
    }
}
