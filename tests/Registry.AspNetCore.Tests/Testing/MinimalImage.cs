namespace Registry.AspNetCore.Tests.Testing;

/// <summary>The smallest manifest that a registry takes: one config, one layer, both the same blob.</summary>
public static class MinimalImage
{
    public const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    public static TestBlob Of(TestBlob blob, string? subject = null, string artifactType = "application/vnd.example.thing")
    {
        string reference = subject is null ? "" : $$""","subject":{"mediaType":"{{MediaType}}","digest":"{{subject}}","size":2}""";
        string descriptor = $$"""{"mediaType":"application/octet-stream","digest":"{{blob.Sha256}}","size":{{blob.Length}}}""";
        return TestBlob.Of($$"""{"schemaVersion":2,"mediaType":"{{MediaType}}","artifactType":"{{artifactType}}","config":{{descriptor}},"layers":[{{descriptor}}]{{reference}}}""");
    }
}
