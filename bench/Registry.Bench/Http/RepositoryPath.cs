using System.Text;

namespace Registry.Bench.Http;

/// <summary>A repository's request targets as bytes, made once.</summary>
internal sealed class RepositoryPath
{
    private readonly byte[] name;
    private readonly byte[] blobs;
    private readonly byte[] uploads;
    private readonly byte[] manifests;

    public RepositoryPath(string repository)
    {
        name = Encoding.ASCII.GetBytes(repository);
        blobs = Encoding.ASCII.GetBytes($"/v2/{repository}/blobs/");
        uploads = Encoding.ASCII.GetBytes($"/v2/{repository}/blobs/uploads/");
        manifests = Encoding.ASCII.GetBytes($"/v2/{repository}/manifests/");
    }

    public ReadOnlySpan<byte> Name => name;

    public ReadOnlySpan<byte> Blobs => blobs;

    public ReadOnlySpan<byte> Uploads => uploads;

    public ReadOnlySpan<byte> Manifests => manifests;
}
