using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public abstract class CancelTests(RegistryFixture registry)
{
    private readonly string _repository = RegistryFixture.NewRepository();

    [Theory]
    [Trait("Protocol", "Z1")]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task A_cancelled_session_is_gone(int received)
    {
        TestBlob blob = TestBlob.Random(received);
        string location = await registry.Client.StartUploadAsync(_repository);
        if (received > 0)
        {
            (await registry.Client.PatchAsync(location, blob.Content)).Expect(202);
        }

        using RawHttp connection = await RawHttp.ConnectAsync(registry.Host);
        Answer answer = (await connection.ExchangeAsync($"DELETE {location}")).Expect(204);

        Assert.Equal(location.Split('/')[^1], answer["Docker-Upload-UUID"]);
        Assert.Null(answer["Content-Length"]);
        (await connection.ExchangeAsync($"GET {location}")).Expect(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    [Trait("Protocol", "Z2")]
    public async Task Cancelling_twice_is_an_error()
    {
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.DeleteAsync(location)).Expect(204);

        (await registry.Client.DeleteAsync(location)).Expect(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    [Trait("Protocol", "Z1")]
    public async Task Of_many_that_cancel_a_session_at_once_one_succeeds()
    {
        string location = await registry.Client.StartUploadAsync(_repository);
        (await registry.Client.PatchAsync(location, new byte[10])).Expect(202);

        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => registry.Client.DeleteAsync(location)));

        Assert.Single(answers, static answer => answer.Status == 204);
        Assert.All(answers, static answer => Assert.Contains(answer.Status, new[] { 204, 404 }));
    }

    [Fact]
    [Trait("Protocol", "Z1")]
    public async Task A_session_that_a_failed_mount_started_can_be_cancelled()
    {
        Answer answer = await registry.Client.PostAsync($"/v2/{_repository}/blobs/uploads/?mount={TestBlob.Random(1).Sha256}&from=no/such/repository");

        (await registry.Client.DeleteAsync(answer.Expect(202).Location)).Expect(204);
    }
}

public sealed class CancelInMemoryTests(InMemoryRegistry registry) : CancelTests(registry), IClassFixture<InMemoryRegistry>;

public sealed class CancelOnDiskTests(FileSystemRegistry registry) : CancelTests(registry), IClassFixture<FileSystemRegistry>;
