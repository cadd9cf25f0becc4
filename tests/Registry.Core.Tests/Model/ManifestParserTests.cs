using System.Text;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.Core.Tests.Model;

/// <summary>What a manifest that passes says, and what passes. The other half is in <see cref="ManifestParserRefusalTests"/>.</summary>
public sealed class ManifestParserTests
{
    internal const string A = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    internal const string B = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    internal const string C = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

    internal static string Descriptor(string digest, string mediaType = "application/octet-stream", string size = "7", string more = "") =>
        $$"""{"mediaType":"{{mediaType}}","digest":"{{digest}}","size":{{size}}{{more}}}""";

    internal static string Image(string more = "", string? config = null, string? layers = null, string schemaVersion = "2") =>
        $$"""{"schemaVersion":{{schemaVersion}},"config":{{config ?? Descriptor(A)}},"layers":{{layers ?? $"[{Descriptor(B)}]"}}{{more}}}""";

    internal static string Index(string more = "", string? manifests = null) =>
        $$"""{"schemaVersion":2,"manifests":{{manifests ?? $"[{Descriptor(A, MediaTypes.OciManifest)}]"}}{{more}}}""";

    internal static string WithMediaType(string document, string mediaType) => document.Insert(1, $"\"mediaType\":\"{mediaType}\",");

    internal static ManifestDocument Parse(string document, string? contentType) => ManifestParser.Parse(Encoding.UTF8.GetBytes(document), contentType);

    internal static RegistryException Refused(string document, string? contentType)
    {
        RegistryException e = Assert.Throws<RegistryException>(() => Parse(document, contentType));
        RegistryError error = Assert.Single(e.Errors);
        Assert.Equal(RegistryErrorCode.ManifestInvalid, error.Code);
        return e;
    }

    [Fact]
    public void An_image_manifest_names_its_config_and_its_layers()
    {
        ManifestDocument document = Parse(Image(layers: $"[{Descriptor(B, "application/vnd.oci.image.layer.v1.tar+gzip", "123")},{Descriptor(C)}]"), MediaTypes.OciManifest);

        Assert.Equal(MediaTypes.OciManifest, document.MediaType);
        Assert.Equal(new Descriptor("application/octet-stream", Digest.Parse(A), 7), document.Config);
        Assert.Equal([new("application/vnd.oci.image.layer.v1.tar+gzip", Digest.Parse(B), 123), new("application/octet-stream", Digest.Parse(C), 7)], document.Layers);
        Assert.Empty(document.Manifests);
        Assert.Null(document.Subject);
        Assert.Null(document.Annotations);
        Assert.Equal([Digest.Parse(A), Digest.Parse(B), Digest.Parse(C)], document.RequiredContent());
    }

    [Fact]
    public void An_index_names_its_children()
    {
        ManifestDocument document = Parse(Index(manifests: $"[{Descriptor(A, MediaTypes.OciManifest)},{Descriptor(B, "application/vnd.buildkit.cacheconfig.v0")}]"), MediaTypes.OciIndex);

        Assert.Equal(MediaTypes.OciIndex, document.MediaType);
        Assert.Null(document.Config);
        Assert.Empty(document.Layers);
        Assert.Equal([Digest.Parse(A), Digest.Parse(B)], document.RequiredContent());
    }

    [Fact]
    public void Required_content_is_named_once_and_leaves_out_what_may_not_be_distributed()
    {
        string foreign = Descriptor(C, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", more: ",\"urls\":[\"https://example.com/c\"]");
        string withoutUrls = Descriptor("sha256:" + new string('d', 64), "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd");
        ManifestDocument document = Parse(Image(layers: $"[{Descriptor(B)},{foreign},{Descriptor(B)},{Descriptor(A)},{withoutUrls}]"), MediaTypes.OciManifest);

        Assert.Equal([Digest.Parse(A), Digest.Parse(B)], document.RequiredContent());
    }

    [Fact]
    public void A_layer_with_urls_of_an_ordinary_type_is_required()
    {
        string layer = Descriptor(C, "application/vnd.oci.image.layer.v1.tar", more: ",\"urls\":[\"https://example.com/c\"]");

        Assert.Contains(Digest.Parse(C), Parse(Image(layers: $"[{layer}]"), MediaTypes.OciManifest).RequiredContent());
    }

    // W4
    [Fact]
    public void Without_a_content_type_the_document_decides()
    {
        Assert.Equal(MediaTypes.OciManifest, Parse(Image(), null).MediaType);
        Assert.Equal(MediaTypes.OciIndex, Parse(Index(), null).MediaType);
        foreach (string type in new[] { MediaTypes.OciManifest, MediaTypes.DockerManifest })
        {
            Assert.Equal(type, Parse(WithMediaType(Image(), type), null).MediaType);
        }

        foreach (string type in new[] { MediaTypes.OciIndex, MediaTypes.DockerManifestList })
        {
            Assert.Equal(type, Parse(WithMediaType(Index(), type), null).MediaType);
        }
    }

    // W5
    [Fact]
    public void The_media_type_inside_may_be_left_out_of_what_is_sent_as_an_OCI_type()
    {
        Assert.Equal(MediaTypes.OciManifest, Parse(Image(), MediaTypes.OciManifest).MediaType);
        Assert.Equal(MediaTypes.OciIndex, Parse(Index(), MediaTypes.OciIndex).MediaType);
        Assert.Equal(MediaTypes.OciManifest, Parse(WithMediaType(Image(), ""), MediaTypes.OciManifest).MediaType);
    }

    // D13
    [Fact]
    public void Unknown_fields_pass_wherever_they_are()
    {
        string unknown = ",\"x\":{\"y\":[1,2.5,null,{\"z\":true}]},\"\":0,\"layer\":1";
        ManifestDocument document = Parse(Image(unknown, Descriptor(A, more: unknown), $"[{Descriptor(B, more: unknown)}]"), MediaTypes.OciManifest);

        Assert.Equal(2, document.RequiredContent().Count());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    public void A_list_may_be_empty_or_null(string list)
    {
        Assert.Empty(Parse(Image(layers: list), MediaTypes.OciManifest).Layers);
        Assert.Empty(Parse(Index(manifests: list), MediaTypes.OciIndex).Manifests);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("1000000000000000000", 1_000_000_000_000_000_000)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_size_is_any_whole_number_that_fits(string size, long expected) =>
        Assert.Equal(expected, Parse(Image(config: Descriptor(A, size: size)), MediaTypes.OciManifest).Config!.Value.Size);

    [Fact]
    public void Whitespace_does_not_matter() =>
        Assert.Equal(2, Parse("\r\n\t " + Image().Replace(",", " ,\r\n\t", StringComparison.Ordinal) + " \r\n", MediaTypes.OciManifest).RequiredContent().Count());

    [Fact]
    public void Escaped_text_is_read_as_what_it_means()
    {
        string document = Image().Replace("layers", "l\\u0061yers", StringComparison.Ordinal).Replace("\"digest\"", "\"\\u0064igest\"", StringComparison.Ordinal);

        Assert.Equal([Digest.Parse(A), Digest.Parse(B)], Parse(document, MediaTypes.OciManifest).RequiredContent());
    }

    // D8
    [Theory]
    [InlineData(A)]
    [InlineData("blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8")]
    public void A_subject_may_be_of_any_algorithm(string digest)
    {
        string subject = $",\"subject\":{Descriptor(digest, MediaTypes.OciManifest)}";

        Assert.Equal(Digest.Parse(digest), Parse(Image(subject), MediaTypes.OciManifest).Subject!.Value.Digest);
        Assert.Equal(Digest.Parse(digest), Parse(Index(subject), MediaTypes.OciIndex).Subject!.Value.Digest);
        Assert.DoesNotContain(Digest.Parse(digest), Parse(Index(subject, "[]"), MediaTypes.OciIndex).RequiredContent());
    }

    [Fact]
    public void A_null_subject_is_none() => Assert.Null(Parse(Image(",\"subject\":null"), MediaTypes.OciManifest).Subject);

    // R14
    [Fact]
    public void A_Docker_manifest_has_no_subject()
    {
        string subject = $",\"subject\":{Descriptor(A)}";

        Assert.Null(Parse(WithMediaType(Image(subject), MediaTypes.DockerManifest), MediaTypes.DockerManifest).Subject);
        Assert.Null(Parse(WithMediaType(Index(subject), MediaTypes.DockerManifestList), MediaTypes.DockerManifestList).Subject);
    }

    // R5, D11
    [Theory]
    [InlineData("", "application/octet-stream")]
    [InlineData(",\"artifactType\":\"\"", "application/octet-stream")]
    [InlineData(",\"artifactType\":null", "application/octet-stream")]
    [InlineData(",\"artifactType\":\"application/vnd.example+json\"", "application/vnd.example+json")]
    public void An_image_without_an_artifact_type_has_its_config_s(string more, string expected) =>
        Assert.Equal(expected, Parse(Image(more), MediaTypes.OciManifest).ArtifactType);

    [Fact]
    public void An_index_without_an_artifact_type_has_none()
    {
        Assert.Null(Parse(Index(), MediaTypes.OciIndex).ArtifactType);
        Assert.Equal("x/y", Parse(Index(",\"artifactType\":\"x/y\""), MediaTypes.OciIndex).ArtifactType);
    }

    // D12
    [Fact]
    public void Annotations_are_any_texts_by_any_names()
    {
        string big = new('é', 10_000);
        ManifestDocument document = Parse(Image($$""","annotations":{"":"empty key","k":"","big":"{{big}}","K":"other case","\u00e9":"\ud83d\ude00"}"""), MediaTypes.OciManifest);

        Assert.Equal(
            [new("", "empty key"), new("k", ""), new("big", big), new("K", "other case"), new("é", "😀")],
            document.Annotations);
    }

    [Theory]
    [InlineData(",\"annotations\":null")]
    [InlineData("")]
    public void Without_annotations_there_are_none(string more) => Assert.Null(Parse(Image(more), MediaTypes.OciManifest).Annotations);

    // D9, D10
    [Fact]
    public void The_empty_descriptor_is_an_ordinary_blob_that_is_required()
    {
        const string Empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        string empty = Descriptor(Empty, "application/vnd.oci.empty.v1+json", "2", ",\"data\":\"e30=\"");
        ManifestDocument document = Parse(Image(config: empty, layers: $"[{empty}]"), MediaTypes.OciManifest);

        Assert.Equal([Digest.Parse(Empty)], document.RequiredContent());
        Assert.Equal("application/vnd.oci.empty.v1+json", document.ArtifactType);
    }

    [Fact]
    public void Platforms_and_media_types_of_children_may_be_anything()
    {
        string child = Descriptor(A, "application/x-strange", more: ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\",\"x\":[]}");

        Assert.Equal("application/x-strange", Assert.Single(Parse(Index(manifests: $"[{child}]"), MediaTypes.OciIndex).Manifests).MediaType);
    }

    [Fact]
    public void A_digest_of_an_algorithm_that_cannot_be_computed_is_well_formed()
    {
        Digest digest = Digest.Parse("blake3:00");

        Assert.Equal([Digest.Parse(A), digest], Parse(Image(layers: $"[{Descriptor("blake3:00")}]"), MediaTypes.OciManifest).RequiredContent());
    }

    // W9
    [Fact]
    public void A_manifest_of_four_mebibytes_is_read()
    {
        var annotations = new StringBuilder(",\"annotations\":{");
        for (int i = 0; i < 390; i++)
        {
            annotations.Append(i == 0 ? "" : ",").Append('"').Append(i).Append("\":\"").Append('x', 10_000).Append('"');
        }

        string document = Image(annotations.Append('}').ToString());
        document += new string(' ', (4 * 1024 * 1024) - document.Length);

        Assert.Equal(390, Parse(document, MediaTypes.OciManifest).Annotations!.Count);
    }

    [Fact]
    public void An_index_of_many_children_is_read()
    {
        string children = string.Join(',', Enumerable.Range(0, 20_000).Select(i => Descriptor($"sha256:{i:x64}", MediaTypes.OciManifest)));

        Assert.Equal(20_000, Parse(Index(manifests: $"[{children}]"), MediaTypes.OciIndex).RequiredContent().Count());
    }
}
