using System.Text;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;
using static Registry.Core.Tests.Model.ManifestParserTests;

namespace Registry.Core.Tests.Model;

/// <summary>What no manifest is.</summary>
public sealed class ManifestParserRefusalTests
{
    // W10
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("x")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("2")]
    [InlineData("\"x\"")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{}{}")]
    [InlineData("{\"schemaVersion\":2,}")]
    [InlineData("/* comment */{}")]
    [InlineData("{'schemaVersion':2}")]
    [InlineData("\ufeff{}")]
    public void What_is_no_JSON_object_is_refused(string document)
    {
        Refused(document, MediaTypes.OciManifest);
        Refused(document, MediaTypes.OciIndex);
        Refused(document, null);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("{}")]
    [InlineData(",")]
    [InlineData("\0")]
    [InlineData("//")]
    public void Anything_after_the_document_is_refused(string garbage)
    {
        Refused(Image() + garbage, MediaTypes.OciManifest);
        Refused(Index() + garbage, MediaTypes.OciIndex);
    }

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void A_document_that_is_nested_too_deeply_is_refused(char open, char close)
    {
        foreach (int depth in new[] { 65, 10_000, 1_000_000 })
        {
            string opening = open == '[' ? new string('[', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1";
            Refused(Image($",\"x\":{opening}{new string(close, depth)}"), MediaTypes.OciManifest);
        }
    }

    // D1
    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    [InlineData("\"2\"")]
    [InlineData("2.0")]
    [InlineData("2.5")]
    [InlineData("2e0")]
    [InlineData("-2")]
    [InlineData("4294967298")]
    [InlineData("99999999999999999999999999")]
    [InlineData("null")]
    [InlineData("[2]")]
    [InlineData("true")]
    public void The_schema_version_is_the_number_two(string version) => Refused(Image(schemaVersion: version), MediaTypes.OciManifest);

    [Fact]
    public void The_schema_version_has_to_be_there() => Refused(Image().Replace("\"schemaVersion\":2,", "", StringComparison.Ordinal), MediaTypes.OciManifest);

    // D2
    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{}")]
    [InlineData("7")]
    public void The_config_is_a_descriptor(string config) => Refused(Image(config: config), MediaTypes.OciManifest);

    [Theory]
    [InlineData("{}")]
    [InlineData("\"x\"")]
    [InlineData("0")]
    [InlineData("false")]
    [InlineData("[null]")]
    [InlineData("[[]]")]
    [InlineData("[{}]")]
    [InlineData("[\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]")]
    public void A_list_is_one_of_descriptors(string list)
    {
        Refused(Image(layers: list), MediaTypes.OciManifest);
        Refused(Index(manifests: list), MediaTypes.OciIndex);
    }

    [Fact]
    public void What_a_type_needs_has_to_be_there()
    {
        Refused("""{"schemaVersion":2,"layers":[]}""", MediaTypes.OciManifest);
        Refused($$"""{"schemaVersion":2,"config":{{Descriptor(A)}}}""", MediaTypes.OciManifest);
        Refused("""{"schemaVersion":2}""", MediaTypes.OciIndex);
        Refused("""{"schemaVersion":2}""", null);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("7")]
    public void A_document_that_is_an_image_and_an_index_at_once_is_refused(string value)
    {
        foreach (string? type in new[] { MediaTypes.OciManifest, null })
        {
            Refused(Image($",\"manifests\":{value}"), type);
        }

        foreach (string? type in new[] { MediaTypes.OciIndex, null })
        {
            Refused(Index($",\"layers\":{value}"), type);
            Refused(Index($",\"config\":{value}"), type);
        }
    }

    [Fact]
    public void An_image_is_not_taken_as_an_index_nor_the_other_way_round()
    {
        Refused(Image(), MediaTypes.OciIndex);
        Refused(Index(), MediaTypes.OciManifest);
    }

    // D3
    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("7.0")]
    [InlineData("1e3")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1e400")]
    [InlineData("\"7\"")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("true")]
    public void A_size_is_a_whole_number_from_zero_on(string size)
    {
        string bad = Descriptor(C, size: size);
        Refused(Image(config: bad), MediaTypes.OciManifest);
        Refused(Image(layers: $"[{Descriptor(B)},{bad}]"), MediaTypes.OciManifest);
        Refused(Index(manifests: $"[{bad}]"), MediaTypes.OciIndex);
        Refused(Image($",\"subject\":{bad}"), MediaTypes.OciManifest);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"sha256\"")]
    [InlineData("\"sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"")]
    [InlineData("\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\n\"")]
    [InlineData("\"../../etc/passwd\"")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{}")]
    public void A_digest_is_well_formed(string digest)
    {
        string bad = $$"""{"mediaType":"x/y","digest":{{digest}},"size":1}""";
        Refused(Image(config: bad), MediaTypes.OciManifest);
        Refused(Image(layers: $"[{bad}]"), MediaTypes.OciManifest);
        Refused(Index(manifests: $"[{bad}]"), MediaTypes.OciIndex);
        Refused(Image($",\"subject\":{bad}"), MediaTypes.OciManifest);
        Refused(Index($",\"subject\":{bad}"), MediaTypes.OciIndex);
    }

    [Theory]
    [InlineData("\"mediaType\":\"x/y\",")]
    [InlineData("\"size\":1,")]
    [InlineData("\"digest\":\"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\",")]
    public void A_descriptor_has_a_type_a_digest_and_a_size(string without)
    {
        string whole = $$"""{"mediaType":"x/y","size":1,"digest":"{{C}}","x":0}""";
        Assert.NotNull(Parse(Image(config: whole), MediaTypes.OciManifest));

        Refused(Image(config: whole.Replace(without, "", StringComparison.Ordinal)), MediaTypes.OciManifest);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("1")]
    public void A_descriptor_s_media_type_is_a_text(string mediaType) =>
        Refused(Image(config: $$"""{"mediaType":{{mediaType}},"digest":"{{C}}","size":1}"""), MediaTypes.OciManifest);

    [Theory]
    [InlineData("subject", "[]")]
    [InlineData("subject", "\"x\"")]
    [InlineData("subject", "{}")]
    [InlineData("artifactType", "7")]
    [InlineData("artifactType", "[]")]
    [InlineData("artifactType", "{}")]
    public void Known_fields_have_their_own_kind_of_value(string key, string value)
    {
        Refused(Image($",\"{key}\":{value}"), MediaTypes.OciManifest);
        Refused(Index($",\"{key}\":{value}"), MediaTypes.OciIndex);
    }

    // D12
    [Theory]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("7")]
    [InlineData("{\"k\":1}")]
    [InlineData("{\"k\":null}")]
    [InlineData("{\"k\":[\"x\"]}")]
    [InlineData("{\"k\":{\"k\":\"x\"}}")]
    [InlineData("{\"ok\":\"x\",\"k\":true}")]
    public void Annotations_are_texts(string annotations)
    {
        string more = $",\"annotations\":{annotations}";
        Refused(Image(more), MediaTypes.OciManifest);
        Refused(Index(more), MediaTypes.OciIndex);
        Refused(Image(config: Descriptor(A, more: more)), MediaTypes.OciManifest);
        Refused(Image(layers: $"[{Descriptor(A, more: more)}]"), MediaTypes.OciManifest);
        Refused(Index(manifests: $"[{Descriptor(A, more: more)}]"), MediaTypes.OciIndex);
    }

    // D15
    [Fact]
    public void A_key_that_is_there_twice_is_refused_at_any_depth()
    {
        string layers = $",\"layers\":[{Descriptor(C)}]";
        Refused(Image(layers), MediaTypes.OciManifest);
        Refused(Image(layers.Replace("layers", "l\\u0061yers", StringComparison.Ordinal)), MediaTypes.OciManifest);
        Refused(Index($",\"manifests\":[]"), MediaTypes.OciIndex);
        Refused(Image(",\"x\":1,\"x\":1"), MediaTypes.OciManifest);
        Refused(Image(config: Descriptor(A, more: $",\"digest\":\"{B}\"")), MediaTypes.OciManifest);
        Refused(Image(layers: $"[{Descriptor(A, more: ",\"size\":8")}]"), MediaTypes.OciManifest);
        Refused(Image(",\"annotations\":{\"a\":\"1\",\"a\":\"2\"}"), MediaTypes.OciManifest);
        Refused(Image(",\"x\":[{\"y\":{\"z\":1,\"z\":2}}]"), MediaTypes.OciManifest);
        Refused(Index(manifests: $"[{Descriptor(A, more: ",\"platform\":{\"os\":\"linux\",\"os\":\"windows\"}")}]"), MediaTypes.OciIndex);
    }

    // D3: clients written in Go match keys without regard to case, by Unicode's simple folding: the long s and the Kelvin sign are letters of ASCII to them.
    [Theory]
    [InlineData("Layers")]
    [InlineData("LAYERS")]
    [InlineData("layer\u017f")]
    [InlineData("\\u004cayers")]
    [InlineData("layer\\u017f")]
    [InlineData("Config")]
    [InlineData("Manifests")]
    [InlineData("manife\u017fts")]
    [InlineData("Subject")]
    [InlineData("\u017fubject")]
    [InlineData("MediaType")]
    [InlineData("mediatype")]
    [InlineData("SchemaVersion")]
    [InlineData("\u017fchemaVer\u017fion")]
    [InlineData("ArtifactType")]
    [InlineData("Annotations")]
    public void A_key_that_differs_from_a_known_one_only_in_case_is_refused(string key)
    {
        Refused(Image($",\"{key}\":null"), MediaTypes.OciManifest);
        Refused(Index($",\"{key}\":null"), MediaTypes.OciIndex);
    }

    [Theory]
    [InlineData("Digest")]
    [InlineData("dige\u017ft")]
    [InlineData("SIZE")]
    [InlineData("\u017fize")]
    [InlineData("mediatype")]
    [InlineData("Urls")]
    [InlineData("url\u017f")]
    [InlineData("Data")]
    [InlineData("Platform")]
    [InlineData("annotation\u017f")]
    [InlineData("artifacttype")]
    public void So_is_one_of_a_descriptor(string key)
    {
        string bad = Descriptor(A, more: $",\"{key}\":null");
        Refused(Image(config: bad), MediaTypes.OciManifest);
        Refused(Image(layers: $"[{bad}]"), MediaTypes.OciManifest);
        Refused(Index(manifests: $"[{bad}]"), MediaTypes.OciIndex);
        Refused(Image($",\"subject\":{bad}"), MediaTypes.OciManifest);
    }

    // W5
    [Theory]
    [InlineData(MediaTypes.OciManifest, MediaTypes.DockerManifest)]
    [InlineData(MediaTypes.DockerManifest, MediaTypes.OciManifest)]
    [InlineData(MediaTypes.OciManifest, MediaTypes.OciIndex)]
    [InlineData(MediaTypes.OciManifest, "application/vnd.oci.image.manifest.v1+json; charset=utf-8")]
    [InlineData(MediaTypes.OciManifest, "x")]
    public void What_a_manifest_is_sent_as_is_what_it_says_of_itself(string sent, string inside) => Refused(WithMediaType(Image(), inside), sent);

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void The_media_type_inside_is_a_text(string value)
    {
        Refused(Image($",\"mediaType\":{value}"), MediaTypes.OciManifest);
        Refused(Index($",\"mediaType\":{value}"), null);
    }

    [Theory]
    [InlineData(MediaTypes.DockerManifest)]
    [InlineData(MediaTypes.DockerManifestList)]
    public void A_Docker_type_has_to_be_inside(string type)
    {
        string document = MediaTypes.IsIndex(type) ? Index() : Image();
        Assert.Equal(type, Parse(WithMediaType(document, type), type).MediaType);

        Refused(document, type);
        Refused(WithMediaType(document, ""), type);
    }

    // W11
    [Theory]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    [InlineData("application/vnd.oci.artifact.manifest.v1+json")]
    [InlineData("application/vnd.oci.image.config.v1+json")]
    [InlineData("APPLICATION/VND.OCI.IMAGE.MANIFEST.V1+JSON")]
    [InlineData(MediaTypes.DockerSchema1)]
    [InlineData(MediaTypes.DockerSchema1Signed)]
    public void Other_types_are_refused(string type)
    {
        Refused(Image(), type);
        Refused(Index(), type);
        if (type.Length > 0)
        {
            Refused(WithMediaType(Image(), type), null);
            Refused(WithMediaType(Image(), type), type);
        }
    }

    [Fact]
    public void A_manifest_of_schema_1_is_refused()
    {
        string document = """{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[],"history":[],"signatures":[]}""";
        Assert.Contains("schema 1", Refused(document, MediaTypes.DockerSchema1Signed).Message, StringComparison.Ordinal);
        Refused(document, MediaTypes.DockerSchema1);
        Refused(document, null);
    }

    [Fact]
    public void A_long_foreign_type_is_not_repeated_in_full() =>
        Assert.InRange(Refused(Image(), new string('x', 100_000)).Message.Length, 1, 1_000);

    // Texts of JSON are Unicode: what no text stands for cannot be compared, and readers replace or refuse it as they like.
    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00")]
    [InlineData("\\ud800x")]
    [InlineData("x\\udfff\\ud800")]
    public void Half_a_character_is_refused_in_everything_that_is_read(string half)
    {
        Refused(WithMediaType(Image(), half), MediaTypes.OciManifest);
        Refused(Image($",\"artifactType\":\"{half}\""), MediaTypes.OciManifest);
        Refused(Image($",\"annotations\":{{\"k\":\"{half}\"}}"), MediaTypes.OciManifest);
        Refused(Image($",\"annotations\":{{\"{half}\":\"v\"}}"), MediaTypes.OciManifest);
        Refused(Image($",\"{half}\":0"), MediaTypes.OciManifest);
        Refused(Image(config: Descriptor(A, half)), MediaTypes.OciManifest);
        Refused(Image(config: Descriptor(half)), MediaTypes.OciManifest);
        Refused(Image(config: Descriptor(A, more: $",\"{half}\":0")), MediaTypes.OciManifest);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused_in_everything_that_is_read()
    {
        foreach (string document in new[]
        {
            Image(",\"annotations\":{\"k\":\"#\"}"),
            Image(",\"annotations\":{\"#\":\"v\"}"),
            Image(",\"#\":0"),
            Image(",\"artifactType\":\"#\""),
            Image(config: Descriptor(A, "#")),
            Image(config: Descriptor(A, more: ",\"#\":0")),
            Image(config: Descriptor("sha256:#")),
            WithMediaType(Image(), "#"),
        })
        {
            byte[] bytes = Encoding.UTF8.GetBytes(document);
            bytes[bytes.AsSpan().IndexOf((byte)'#')] = 0xff;
            RegistryException e = Assert.Throws<RegistryException>(() => ManifestParser.Parse(bytes, MediaTypes.OciManifest));
            Assert.Equal(RegistryErrorCode.ManifestInvalid, Assert.Single(e.Errors).Code);
        }
    }

    [Fact]
    public void Whatever_is_changed_in_a_manifest_it_is_read_or_refused_and_nothing_else()
    {
        var random = new Random(7);
        byte[][] documents =
        [
            Encoding.UTF8.GetBytes(Image($",\"subject\":{Descriptor(C)},\"annotations\":{{\"a\":\"b\"}},\"artifactType\":\"x/y\"")),
            Encoding.UTF8.GetBytes(WithMediaType(Index(",\"annotations\":{\"a\":\"b\"}"), MediaTypes.DockerManifestList)),
        ];
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. documents[i % documents.Length]];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(4) == 0 ? random.Next(256) : "{}[]\",:0- \\u\u007f"[random.Next(13)]);
            }

            try
            {
                ManifestParser.Parse(bytes, null);
                read++;
            }
            catch (RegistryException e)
            {
                Assert.All(e.Errors, static error => Assert.Equal(RegistryErrorCode.ManifestInvalid, error.Code));
            }
        }

        Assert.InRange(read, 100, 19_000);
    }
}
