using System.Security.Cryptography;
using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Report;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>Blobs that the server has, each pulled by one worker at a time. Their bytes come from the machine's page cache.</summary>
internal sealed class PullBlobs(BlobSource source, string run, long length, int count, int workers) : Workload
{
    private readonly RepositoryPath repository = new($"{run}/pull");
    private Blob[] blobs = [];

    /// <summary>Whether the bytes come from the store that the server keeps them in, which a row's name says.</summary>
    public bool Redirects { get; init; }

    /// <summary>What the row's name begins with.</summary>
    public string Prefix { get; init; } = "";

    public override string Name => $"{Prefix}pull {(workers > 1 ? $"{workers} x " : "")}{Text.Length(length)}{(Redirects ? ", redirected" : "")}";

    public override string Unit => "MB/s";

    public override long DiskNeeded(int repeats) => length * workers;

    public override void Prepare(int repeats) => blobs = source.CreateMany(workers, length);

    /// <summary>Pushes a single blob in one way and parallel ones in the other, so that what either stored is verified.</summary>
    public void Fill(Target target, CancellationToken cancellationToken) => Load.Run(
        target,
        workers,
        blobs.Length,
        workers == 1
            ? (client, i) => client.PushWhole(repository, blobs[i])
            : (client, i) => client.PushStreamed(repository, blobs[i]),
        cancellationToken);

    /// <summary>Pulls each blob once and checks its digest, so that no server is quick by answering something else.</summary>
    public override void WarmUp(Target target, CancellationToken cancellationToken)
    {
        Load.Run(target, workers, blobs.Length, (client, i) => Verify(client, blobs[i]), cancellationToken);
        Load.Run(target, workers, Math.Min(count, 100), (client, i) => client.GetBlob(repository, blobs[i % workers]), cancellationToken);
    }

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken) =>
        Load.Run(target, workers, count, (client, i) => client.GetBlob(repository, blobs[i % workers]), cancellationToken)
            with { Amount = count * length / 1e6 };

    private void Verify(RegistryClient client, Blob blob)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        client.GetBlob(repository, blob, hash.AppendData);
        var digest = Digests.Format(hash.GetHashAndReset());
        if (digest != blob.DigestText)
        {
            throw new ProtocolException($"The blob {blob.DigestText} came back as {digest}.");
        }
    }
}
