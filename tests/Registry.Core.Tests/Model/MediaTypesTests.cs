using Registry.Model;

namespace Registry.Core.Tests.Model;

public sealed class MediaTypesTests
{
    [Theory]
    [InlineData("application/vnd.oci.image.manifest.v1+json", true, false)]
    [InlineData("application/vnd.docker.distribution.manifest.v2+json", true, false)]
    [InlineData("application/vnd.oci.image.index.v1+json", false, true)]
    [InlineData("application/vnd.docker.distribution.manifest.list.v2+json", false, true)]
    [InlineData("application/vnd.docker.distribution.manifest.v1+json", false, false)]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws", false, false)]
    [InlineData("application/vnd.oci.artifact.manifest.v1+json", false, false)]
    [InlineData("application/vnd.oci.image.manifest.v1+json; charset=utf-8", false, false)]
    [InlineData("application/json", false, false)]
    [InlineData("", false, false)]
    public void Manifests_are_images_or_indexes(string mediaType, bool image, bool index)
    {
        Assert.Equal(image, MediaTypes.IsImage(mediaType));
        Assert.Equal(index, MediaTypes.IsIndex(mediaType));
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar", true)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", true)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", true)]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true)]
    [InlineData("application/vnd.oci.image.layer.v1.tar", false)]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip", false)]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.gzip", false)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+other", false)]
    public void Some_layers_are_not_distributed(string mediaType, bool expected) => Assert.Equal(expected, MediaTypes.IsNonDistributable(mediaType));
}
