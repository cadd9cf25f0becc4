namespace Registry.Model;

/// <summary>The media types that mean something to a registry. Configs and layers may have any other.</summary>
public static class MediaTypes
{
    /// <summary>OCI image manifest.</summary>
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>OCI image index.</summary>
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";

    /// <summary>Docker image manifest, version 2 schema 2.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Docker manifest list.</summary>
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Docker image manifest, version 2 schema 1, which is refused.</summary>
    public const string DockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json";

    /// <summary>Docker image manifest, version 2 schema 1, signed, which is refused.</summary>
    public const string DockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    /// <summary>What blobs are served as.</summary>
    public const string OctetStream = "application/octet-stream";

    /// <summary>Whether a manifest of this type lists other manifests.</summary>
    /// <param name="mediaType">A media type without parameters.</param>
    public static bool IsIndex(string mediaType) => mediaType is OciIndex or DockerManifestList;

    /// <summary>Whether a manifest of this type names a config and layers.</summary>
    /// <param name="mediaType">A media type without parameters.</param>
    public static bool IsImage(string mediaType) => mediaType is OciManifest or DockerManifest;

    /// <summary>
    /// Whether a layer's bytes may not be distributed, so that a registry does not hold them: decided by the type alone, as clients do
    /// (image-spec, layer.md#non-distributable-layers).
    /// </summary>
    /// <param name="mediaType">A layer's media type.</param>
    public static bool IsNonDistributable(string mediaType) => mediaType is
        "application/vnd.oci.image.layer.nondistributable.v1.tar" or
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" or
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd" or
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
}
