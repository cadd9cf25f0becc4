using System.Net;
using System.Text.Json;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Manifests;

/// <summary>What a manifest has to be like. CONFIG, LAYER and CHILD stand for descriptors of content that the repository has.</summary>
public sealed class ManifestValidationTests(OpenRegistry registry) : IClassFixture<OpenRegistry>, IAsyncLifetime
{
    private static readonly byte[] Layer = Images.Bytes("layer");

    private readonly HttpClient _client = registry.Client;
    private readonly string _repository = registry.NewRepository();
    private string _child = "";

    public async ValueTask InitializeAsync()
    {
        await _client.PushEmptyConfigAsync(_repository);
        await _client.PushBlobAsync(_repository, Layer);
        _child = (await _client.PushImageAsync(_repository)).Descriptor();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [Trait("Protocol", "D1")]
    [InlineData("""{"schemaVersion":"2","config":CONFIG,"layers":[]}""")]
    [InlineData("""{"schemaVersion":1,"config":CONFIG,"layers":[]}""")]
    [InlineData("""{"schemaVersion":3,"config":CONFIG,"layers":[]}""")]
    [InlineData("""{"schemaVersion":2.5,"config":CONFIG,"layers":[]}""")]
    [InlineData("""{"schemaVersion":-2,"config":CONFIG,"layers":[]}""")]
    [InlineData("""{"schemaVersion":4294967298,"config":CONFIG,"layers":[]}""")]
    [InlineData("""{"schemaVersion":null,"config":CONFIG,"layers":[]}""")]
    [InlineData("""{"schemaVersion":[2],"config":CONFIG,"layers":[]}""")]
    [InlineData("""{"config":CONFIG,"layers":[]}""")]
    public async Task The_schema_version_is_the_number_2(string document) => await RefuseAsync(document, Images.Oci);

    [Theory]
    [Trait("Protocol", "D2")]
    [InlineData("""{"schemaVersion":2}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"layers":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":[CONFIG],"layers":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":{}}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":LAYER}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[null]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":["LAYER"]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[[]]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"manifests":CHILD}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"manifests":[1]}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"mediaType":1,"manifests":[]}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"artifactType":{},"manifests":[]}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"subject":"sha256:abc","manifests":[]}""", Images.OciIndex)]
    public async Task A_manifest_has_the_shape_of_its_type(string document, string mediaType) => await RefuseAsync(document, mediaType);

    [Theory]
    [Trait("Protocol", "D2")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"manifests":[CHILD]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"manifests":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"manifests":[CHILD],"layers":[LAYER]}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"manifests":[CHILD],"config":CONFIG}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"manifests":[CHILD],"layers":null}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"manifests":[CHILD]}""", null)]
    public async Task A_manifest_is_an_image_or_an_index_and_never_both(string document, string? mediaType) => await RefuseAsync(document, mediaType);

    [Theory]
    [Trait("Protocol", "D3")]
    [InlineData("""{}""")]
    [InlineData("""{"digest":"DIGEST","size":5}""")]
    [InlineData("""{"mediaType":"","digest":"DIGEST","size":5}""")]
    [InlineData("""{"mediaType":null,"digest":"DIGEST","size":5}""")]
    [InlineData("""{"mediaType":5,"digest":"DIGEST","size":5}""")]
    [InlineData("""{"mediaType":"a/b","size":5}""")]
    [InlineData("""{"mediaType":"a/b","digest":null,"size":5}""")]
    [InlineData("""{"mediaType":"a/b","digest":"","size":5}""")]
    [InlineData("""{"mediaType":"a/b","digest":"latest","size":5}""")]
    [InlineData("""{"mediaType":"a/b","digest":"sha256:abc","size":5}""")]
    [InlineData("""{"mediaType":"a/b","digest":"SHA256:0000000000000000000000000000000000000000000000000000000000000000","size":5}""")]
    [InlineData("""{"mediaType":"a/b","digest":"sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000","size":5}""")]
    [InlineData("""{"mediaType":"a/b","digest":"DIGEST\n","size":5}""")]
    [InlineData("""{"mediaType":"a/b","digest":"DIGEST"}""")]
    [InlineData("""{"mediaType":"a/b","digest":"DIGEST","size":-1}""")]
    [InlineData("""{"mediaType":"a/b","digest":"DIGEST","size":1.5}""")]
    [InlineData("""{"mediaType":"a/b","digest":"DIGEST","size":"5"}""")]
    [InlineData("""{"mediaType":"a/b","digest":"DIGEST","size":null}""")]
    [InlineData("""{"mediaType":"a/b","digest":"DIGEST","size":9223372036854775808}""")]
    [InlineData("""{"mediaType":"a/b","digest":"DIGEST","size":1e400}""")]
    public async Task A_descriptor_has_a_media_type_a_digest_and_a_size(string descriptor)
    {
        descriptor = descriptor.Replace("DIGEST", Images.Sha256(Layer), StringComparison.Ordinal);

        await RefuseAsync($$"""{"schemaVersion":2,"config":CONFIG,"layers":[LAYER,{{descriptor}}]}""", Images.Oci);
        await RefuseAsync($$"""{"schemaVersion":2,"config":{{descriptor}},"layers":[]}""", Images.Oci);
        await RefuseAsync($$"""{"schemaVersion":2,"manifests":[CHILD,{{descriptor}}]}""", Images.OciIndex);
        await RefuseAsync($$"""{"schemaVersion":2,"manifests":[],"subject":{{descriptor}} }""", Images.OciIndex);
    }

    // Clients written in Go take the key for the one it resembles, and Unicode has two characters that they fold to ASCII ones: ſ to s and K (Kelvin) to k.
    [Theory]
    [Trait("Protocol", "D3")]
    [Trait("Protocol", "D15")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"Layers":[LAYER]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"layer\u017f":[LAYER]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"layerſ":[LAYER]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"manifeſts":[CHILD]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"CONFIG":1}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"Subject":CHILD}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"\u017fubject":CHILD}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"MediaType":"application/vnd.oci.image.index.v1+json","config":CONFIG,"layers":[]}""", Images.Oci)]
    [InlineData("""{"SchemaVersion":2,"config":CONFIG,"layers":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"DIGEST","size":5,"Digest":"DIGEST"}]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"DIGEST","size":5,"digeſt":"DIGEST"}]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"DIGEST","size":5,"\u017fize":6}]}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"manifests":[],"Manifests":[CHILD]}""", Images.OciIndex)]
    public async Task A_key_that_a_client_could_take_for_another_is_refused(string document, string mediaType) =>
        await RefuseAsync(document.Replace("DIGEST", Images.Sha256(Layer), StringComparison.Ordinal), mediaType);

    [Theory]
    [Trait("Protocol", "D15")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"layers":[LAYER]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"l\u0061yers":[LAYER]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"schemaVersion":2,"config":CONFIG,"layers":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"DIGEST","digest":"DIGEST","size":5}]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"manifests":[],"annotations":{"a":"1","a":"2"}}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"manifests":[],"unknown":{"a":1,"a":2}}""", Images.OciIndex)]
    public async Task A_key_that_stands_twice_is_refused(string document, string mediaType) =>
        await RefuseAsync(document.Replace("DIGEST", Images.Sha256(Layer), StringComparison.Ordinal), mediaType);

    [Fact]
    [Trait("Protocol", "D4")]
    public async Task Every_blob_that_is_missing_is_named_at_once()
    {
        string[] missing = [.. Enumerable.Range(1, 3).Select(static i => "sha256:" + new string((char)('0' + i), 64))];
        byte[] manifest = Images.Image(
            Images.Descriptor(missing[0], 1, Images.OciConfig),
            $"{Images.Descriptor(missing[1], 1, Images.OciLayer)},{Images.Descriptor(Layer, Images.OciLayer)},{Images.Descriptor(missing[2], 1, Images.OciLayer)},{Images.Descriptor(missing[2], 1, Images.OciLayer)}");

        HttpResponseMessage response = await _client.PutManifestAsync(_repository, "v1", manifest).ShouldBeAsync(HttpStatusCode.BadRequest);

        JsonElement[] errors = await response.ErrorsAsync();
        Assert.All(errors, static error => Assert.Equal("MANIFEST_BLOB_UNKNOWN", error.GetProperty("code").GetString()));
        Assert.Equal(missing, errors.Select(static error => error.GetProperty("detail").GetString()).Order(StringComparer.Ordinal));
        await _client.FetchAsync($"/v2/{_repository}/manifests/v1").ShouldBeAsync(HttpStatusCode.NotFound);
        await _client.FetchAsync($"/v2/{_repository}/manifests/{Images.Sha256(manifest)}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [Trait("Protocol", "D4")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_of_another_repository_is_missing(bool index)
    {
        string other = registry.NewRepository();
        PushedImage image = await _client.PushImageAsync(other, "v1", "of the other repository");
        byte[] manifest = index ? Images.Index(image.Descriptor()) : image.Manifest;

        JsonElement error = await _client.PutManifestAsync(_repository, "v1", manifest, index ? Images.OciIndex : Images.Oci)
            .ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");

        Assert.Contains(error.GetProperty("detail").GetString(), (string[])[image.Config, image.Layer, image.Digest]);
        await _client.FetchAsync($"/v2/{_repository}/blobs/{image.Layer}").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    [Trait("Protocol", "D4")]
    public async Task What_a_client_could_not_push_is_taken_once_the_blobs_are_there()
    {
        byte[] layer = Images.Bytes("comes late");
        byte[] manifest = Images.Image(Images.Descriptor(Images.Bytes("{}"), Images.OciConfig), Images.Descriptor(layer, Images.OciLayer));
        await _client.PutManifestAsync(_repository, "v1", manifest).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");

        await _client.PushBlobAsync(_repository, layer);

        await _client.PutManifestAsync(_repository, "v1", manifest).ShouldBeAsync(HttpStatusCode.Created);
    }

    [Theory]
    [Trait("Protocol", "D5")]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar", "", true)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", ",\"urls\":[\"https://example.com/layer\"]", true)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", ",\"urls\":[]", true)]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ",\"urls\":[\"https://example.com/layer\"]", true)]
    [InlineData("application/vnd.oci.image.layer.v1.tar", ",\"urls\":[\"https://example.com/layer\"]", false)]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.gzip", ",\"urls\":[\"https://example.com/layer\"]", false)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+unknown", "", false)]
    public async Task A_layer_may_be_missing_if_its_type_says_that_it_is_not_distributed(string mediaType, string rest, bool accepted)
    {
        byte[] manifest = Images.Image(Images.Descriptor(Images.Bytes("{}"), Images.OciConfig), Images.Descriptor(Images.Unknown, 123, mediaType, rest));

        Task<HttpResponseMessage> push = _client.PutManifestAsync(_repository, "v1", manifest);

        if (accepted)
        {
            await push.ShouldBeAsync(HttpStatusCode.Created);
        }
        else
        {
            await push.ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");
        }
    }

    [Fact]
    [Trait("Protocol", "D5")]
    public async Task A_config_may_not_be_missing_whatever_its_type_says()
    {
        byte[] manifest = Images.Image(Images.Descriptor(Images.Unknown, 5, "application/vnd.oci.image.layer.nondistributable.v1.tar"), "");

        await _client.PutManifestAsync(_repository, "v1", manifest).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");
    }

    [Theory]
    [Trait("Protocol", "D6")]
    [InlineData("\"urls\":[\"ftp://example.com/#fragment\",\"not a url\"]")]
    [InlineData("\"urls\":[]")]
    [InlineData("\"urls\":null")]
    public async Task Urls_are_the_clients_business(string urls) =>
        await AcceptAsync($$"""{"schemaVersion":2,"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"{{Images.Sha256(Layer)}}",{{urls}},"size":5}]}""", Images.Oci);

    [Fact]
    [Trait("Protocol", "D7")]
    public async Task An_index_may_name_manifests_indexes_and_blobs_of_any_type()
    {
        string[] blobs =
        [
            Images.Descriptor(Layer, "application/vnd.oci.image.layer.v1.tar+gzip"),
            Images.Descriptor(Images.Bytes("{}"), "application/vnd.buildkit.cacheconfig.v0"),
        ];
        byte[] inner = Images.Index(_child);
        await _client.PushManifestAsync(_repository, Images.Sha256(inner), inner, Images.OciIndex);

        byte[] outer = Images.Index($"{_child},{Images.Descriptor(inner, Images.OciIndex)},{string.Join(',', blobs)},{_child.Replace(Images.Oci, "application/vnd.example.unknown", StringComparison.Ordinal)}");
        await _client.PushManifestAsync(_repository, "all", outer, Images.OciIndex);
    }

    [Theory]
    [Trait("Protocol", "D7")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_missing_child_of_an_index_is_taken_only_where_the_host_allows_it(bool allowed)
    {
        await using RegistryHost host = await RegistryHost.StartAsync(options => options.Content.AllowSparseIndexes = allowed);
        byte[] index = Images.Index(Images.Descriptor(Images.Unknown, 5, Images.Oci));

        Task<HttpResponseMessage> push = host.Client.PutManifestAsync("app", "v1", index, Images.OciIndex);

        if (allowed)
        {
            await push.ShouldBeAsync(HttpStatusCode.Created);
            await host.Client.PutManifestAsync("app", "v2", Images.Image(Images.Descriptor(Images.Unknown, 5, Images.OciConfig), ""))
                .ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");
        }
        else
        {
            await push.ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");
        }
    }

    [Theory]
    [Trait("Protocol", "D8")]
    [InlineData(Images.Unknown)]
    [InlineData("blake3:abcdef")]
    [InlineData("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8")]
    public async Task A_subject_need_not_be_there(string subject)
    {
        HttpResponseMessage response = await _client.PutManifestAsync(_repository, "v1", Images.Referrer(subject)).ShouldBeAsync(HttpStatusCode.Created);

        Assert.Equal(subject, response.Header("OCI-Subject"));
    }

    [Theory]
    [Trait("Protocol", "D9")]
    [InlineData("e30=")]
    [InlineData("bm90IHRoZSBjb250ZW50")]
    public async Task Embedded_data_is_kept_as_it_is(string data)
    {
        byte[] manifest = Images.Image(Images.Descriptor(Images.Bytes("{}"), "application/vnd.oci.empty.v1+json", $",\"data\":\"{data}\""), "");

        await _client.PushManifestAsync(_repository, "v1", manifest);

        Assert.Equal(manifest, await (await _client.FetchAsync($"/v2/{_repository}/manifests/v1")).BytesAsync());
    }

    [Fact]
    [Trait("Protocol", "D9")]
    [Trait("Protocol", "D10")]
    public async Task Embedded_data_does_not_stand_for_the_blob()
    {
        string empty = Images.Descriptor(Images.Bytes("{}"), "application/vnd.oci.empty.v1+json", ",\"data\":\"e30=\"");
        string other = registry.NewRepository();

        await _client.PutManifestAsync(other, "v1", Images.Image(empty, empty)).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_BLOB_UNKNOWN");

        Assert.Equal("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", await _client.PushEmptyConfigAsync(other));
        await _client.PutManifestAsync(other, "v1", Images.Image(empty, empty)).ShouldBeAsync(HttpStatusCode.Created);
    }

    [Theory]
    [Trait("Protocol", "D11")]
    [InlineData("")]
    [InlineData(",\"artifactType\":\"\"")]
    [InlineData(",\"artifactType\":null")]
    [InlineData(",\"artifactType\":\"application/vnd.example.unheard-of\"")]
    public async Task Any_artifact_type_is_taken_and_none_as_well(string rest) => await _client.PushManifestAsync(_repository, "v1", Images.Artifact(rest));

    [Theory]
    [Trait("Protocol", "D12")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{\"a\":true}")]
    [InlineData("{\"a\":{}}")]
    [InlineData("{\"a\":[\"b\"]}")]
    public async Task Annotations_are_texts(string annotations)
    {
        await RefuseAsync($$"""{"schemaVersion":2,"manifests":[],"annotations":{{annotations}} }""", Images.OciIndex);
        await RefuseAsync($$"""{"schemaVersion":2,"config":CONFIG,"layers":[],"annotations":{{annotations}} }""", Images.Oci);
        await RefuseAsync($$"""{"schemaVersion":2,"config":CONFIG,"layers":[{"mediaType":"a/b","digest":"{{Images.Sha256(Layer)}}","annotations":{{annotations}},"size":5}]}""", Images.Oci);
    }

    [Fact]
    [Trait("Protocol", "D12")]
    public async Task Annotations_may_be_long_empty_and_in_any_script() =>
        await AcceptAsync($$"""{"schemaVersion":2,"manifests":[],"annotations":{"":"","long":"{{new string('ä', 10_000)}}","名前":"😀","a\"b\\":"\u0000\n"} }""", Images.OciIndex);

    [Theory]
    [Trait("Protocol", "D13")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"newUnspecifiedField":{"deep":[1,{"er":null}]}}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[],"tag":"v1","name":"x","fsLayers":[],"signatures":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"manifests":[],"blobs":[]}""", Images.OciIndex)]
    public async Task Unknown_fields_are_no_error(string document, string mediaType) => await AcceptAsync(document, mediaType);

    [Theory]
    [Trait("Protocol", "D14")]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":[]}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"config":CONFIG,"layers":null}""", Images.Oci)]
    [InlineData("""{"schemaVersion":2,"manifests":[]}""", Images.OciIndex)]
    [InlineData("""{"schemaVersion":2,"manifests":null}""", Images.OciIndex)]
    public async Task A_manifest_may_have_nothing_in_it(string document, string mediaType) => await AcceptAsync(document, mediaType);

    [Fact]
    [Trait("Protocol", "D16")]
    public async Task The_size_in_a_descriptor_is_not_compared_with_the_blobs() =>
        await AcceptAsync($$"""{"schemaVersion":2,"config":CONFIG,"layers":[{{Images.Descriptor(Images.Sha256(Layer), 1_000_000_000_000_000_000, Images.OciLayer)}}]}""", Images.Oci);

    [Theory]
    [Trait("Protocol", "8.1")]
    [InlineData("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")]
    [InlineData("application/vnd.docker.plugin.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip")]
    [InlineData("application/vnd.wasm.config.v0+json", "application/wasm")]
    [InlineData("application/vnd.dev.cosign.simplesigning.v1+json", "application/vnd.in-toto+json")]
    [InlineData("application/vnd.buildkit.cacheconfig.v0", "application/vnd.oci.image.layer.v1.tar+zstd")]
    [InlineData("nonsense", "no media type at all")]
    public async Task Configs_and_layers_are_of_any_type(string configType, string layerType)
    {
        byte[] manifest = Images.Image(Images.Descriptor(Images.Bytes("{}"), configType), Images.Descriptor(Layer, layerType));

        await _client.PushManifestAsync(_repository, "v1", manifest);
        await _client.PushManifestAsync(_repository, "v2", Images.Image(Images.Descriptor(Images.Bytes("{}"), configType), Images.Descriptor(Layer, layerType), mediaType: Images.Docker), Images.Docker);
    }

    private Task<HttpResponseMessage> PushAsync(string document, string? mediaType) => _client.PutManifestAsync(_repository, "v1", Expand(document), mediaType);

    private async Task RefuseAsync(string document, string? mediaType)
    {
        await PushAsync(document, mediaType).ShouldFailAsync(HttpStatusCode.BadRequest, "MANIFEST_INVALID");
        await _client.FetchAsync($"/v2/{_repository}/manifests/v1").ShouldBeAsync(HttpStatusCode.NotFound);
    }

    private async Task AcceptAsync(string document, string mediaType)
    {
        await PushAsync(document, mediaType).ShouldBeAsync(HttpStatusCode.Created);
        Assert.Equal(Expand(document), await (await _client.FetchAsync($"/v2/{_repository}/manifests/v1")).BytesAsync());
    }

    private byte[] Expand(string document) => Images.Bytes(document
        .Replace(":CONFIG", ":" + Images.Descriptor(Images.Bytes("{}"), Images.OciConfig), StringComparison.Ordinal)
        .Replace("LAYER", Images.Descriptor(Layer, Images.OciLayer), StringComparison.Ordinal)
        .Replace("CHILD", _child, StringComparison.Ordinal));
}
