using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

/// <summary>Over a store that neither completes nor aborts an upload while it is open, and two nodes, of which one is still receiving a chunk.</summary>
public sealed class BusyUploadTests(InMemoryRegistry registry) : IClassFixture<InMemoryRegistry>, IAsyncLifetime
{
    private readonly string _repository = RegistryFixture.NewRepository();
    private readonly TestBlob _blob = TestBlob.Random(1000);
    private SingleAppenderStore? _store;
    private RegistryHost? _one;
    private RegistryHost? _other;

    private RegistryClient Other => new(_other!.Client);

    public async ValueTask InitializeAsync()
    {
        _one = await registry.StartAsync(wrap: inner => _store = new SingleAppenderStore(inner));
        _other = await registry.StartAsync(wrap: _ => _store!);
    }

    public async ValueTask DisposeAsync()
    {
        await _one!.DisposeAsync();
        await _other!.DisposeAsync();
    }

    [Theory]
    [Trait("Protocol", "F4")]
    [InlineData("PUT")]
    [InlineData("POST")]
    public async Task Content_of_another_digest_is_refused(string method)
    {
        string said = TestBlob.Random(1000).Sha256;

        Answer answer = method == "POST"
            ? await Other.PostAsync($"/v2/{_repository}/blobs/uploads/?digest={said}", _blob.Content)
            : await Other.FinishAsync(await Other.StartUploadAsync(_repository), said, _blob.Content);

        answer.Expect(400, "DIGEST_INVALID");
    }

    [Fact]
    [Trait("Protocol", "P11")]
    public async Task Another_nodes_chunk_is_out_of_order()
    {
        (string location, RawHttp receiving) = await ReceiveAsync();
        using (receiving)
        {
            Assert.Equal("0-399", (await Other.PatchAsync(location, _blob[400..])).Expect(416)["Range"]);

            await CompleteAsync(location, receiving);
        }
    }

    [Theory]
    [Trait("Protocol", "P11")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_nodes_closing_put_is_out_of_order_and_the_session_stays_usable(bool withBody)
    {
        (string location, RawHttp receiving) = await ReceiveAsync();
        using (receiving)
        {
            Answer answer = await Other.FinishAsync(location, withBody ? _blob.Sha256 : new TestBlob(_blob[..400]).Sha256, withBody ? _blob[400..] : null);

            Assert.Equal("0-399", answer.Expect(416)["Range"]);
            receiving.Break();
            await Eventually.IsAsync(() => Task.FromResult(!_store!.HasAppender));
            await Other.ResumeAsync(location, _blob);
            (await Other.FinishAsync(location, _blob.Sha256)).Expect(201);
        }
    }

    [Fact]
    [Trait("Protocol", "Z1")]
    public async Task Another_node_can_cancel_the_session()
    {
        (string location, RawHttp receiving) = await ReceiveAsync();
        using (receiving)
        {
            (await Other.DeleteAsync(location)).Expect(204);

            await receiving.SendAsync(_blob[900..]);
            (await receiving.ReadAsync()).Expect(404, "BLOB_UPLOAD_UNKNOWN");
            (await Other.GetAsync(location)).Expect(404, "BLOB_UPLOAD_UNKNOWN");
        }
    }

    private async Task<(string Location, RawHttp Receiving)> ReceiveAsync()
    {
        string location = await Other.StartUploadAsync(_repository);
        (await Other.PatchAsync(location, _blob[..400])).Expect(202);
        RawHttp receiving = await RawHttp.ConnectAsync(_one!);
        await receiving.SendHeadAsync($"PATCH {location}", "Content-Length: 600");
        await receiving.SendAsync(_blob[400..900]);
        await Eventually.IsAsync(() => Task.FromResult(_store!.HasAppender));
        return (location, receiving);
    }

    private async Task CompleteAsync(string location, RawHttp receiving)
    {
        await receiving.SendAsync(_blob[900..]);
        Assert.Equal("0-999", (await receiving.ReadAsync()).Expect(202)["Range"]);
        (await Other.FinishAsync(location, _blob.Sha256)).Expect(201);
        await Other.AssertHasAsync(_repository, _blob);
    }
}
