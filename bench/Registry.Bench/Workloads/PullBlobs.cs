using System.Security.Cryptography;
using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Report;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>Blobs that the server has, each pulled by one worker at a time. Their bytes come from the machine's page cache.</summary>
internal sealed class PullBlobs(RepositoryPath repository, Blob[] blobs, int count) : Workload
{
    private readonly int workers = blobs.Length;

    public override string Name => $"pull {(workers > 1 ? $"{workers} x " : "")}{Text.Length(blobs[0].Length)}";

    public override string Unit => "MB/s";

    public static Suite CreateSuite(Scale scale, BlobSource source, string run)
    {
        var repository = new RepositoryPath($"{run}/pull");
        var rows = scale.Blobs
            .Select(size => new PullBlobs(repository, source.CreateMany(1, size.Length), size.Pulls))
            .Append(new PullBlobs(repository, source.CreateMany(scale.Parallel, scale.ParallelLength), scale.Parallel * 2))
            .ToList();
        return new Suite("pull", rows) { Fill = (target, cancellationToken) => rows.ForEach(row => row.Push(target, cancellationToken)) };
    }

    /// <summary>Pulls each blob once and checks its digest, so that no server is quick by answering something else.</summary>
    public override void WarmUp(Target target, CancellationToken cancellationToken)
    {
        Load.Run(target, workers, blobs.Length, (client, i) => Verify(client, blobs[i]), cancellationToken);
        Load.Run(target, workers, Math.Min(count, 100), (client, i) => client.GetBlob(repository, blobs[i % workers]), cancellationToken);
    }

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken) =>
        Load.Run(target, workers, count, (client, i) => client.GetBlob(repository, blobs[i % workers]), cancellationToken)
            with { Amount = count * blobs[0].Length / 1e6 };

    /// <summary>Pushes single blobs in one way and the parallel ones in the other, so that what either stored is verified.</summary>
    private void Push(Target target, CancellationToken cancellationToken) => Load.Run(
        target,
        workers,
        blobs.Length,
        workers == 1
            ? (client, i) => client.PushWhole(repository, blobs[i])
            : (client, i) => client.PushStreamed(repository, blobs[i]),
        cancellationToken);

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
