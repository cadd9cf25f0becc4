using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Report;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

internal enum UploadMethod
{
    /// <summary>POST, PUT with the body.</summary>
    Whole,

    /// <summary>POST, PATCH with the body in chunked transfer encoding, empty PUT.</summary>
    Streamed,
}

/// <summary>New blobs of one length, one after the other or many at once.</summary>
internal sealed class PushBlobs(
    BlobSource source, string run, UploadMethod method, long length, int count, int workers, int warmUpCount) : Workload
{
    private readonly RepositoryPath repository = new($"{run}/push");
    private Blob[][] repeats = [];
    private Blob[] warmUp = [];

    /// <summary>Whether one repeat is enough.</summary>
    public bool Once { get; init; }

    public override string Name =>
        $"push {(workers > 1 ? $"{workers} x " : "")}{Text.Length(length)}, {(method == UploadMethod.Whole ? "one PUT" : "PATCH")}";

    public override string Unit => "MB/s";

    public override int MaxRepeats => Once ? 1 : base.MaxRepeats;

    public override long DiskNeeded(int repeats) => length * count * repeats;

    public override void Prepare(int repeats)
    {
        this.repeats = [.. Enumerable.Range(0, repeats).Select(_ => source.CreateMany(count, length))];
        // Small ones for the code paths, and a longer one for the loops that only a long body keeps busy.
        warmUp = [.. source.CreateMany(warmUpCount, Math.Min(length, 1_000_000)), source.Create(Math.Min(length, 100_000_000))];
    }

    public override void WarmUp(Target target, CancellationToken cancellationToken) => Push(target, warmUp, cancellationToken);

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken) =>
        Push(target, repeats[repeat], cancellationToken) with { Amount = length * count / 1e6 };

    private Slice Push(Target target, Blob[] blobs, CancellationToken cancellationToken) => method == UploadMethod.Whole
        ? Load.Run(target, workers, blobs.Length, (client, i) => client.PushWhole(repository, blobs[i]), cancellationToken)
        : Load.Run(target, workers, blobs.Length, (client, i) => client.PushStreamed(repository, blobs[i]), cancellationToken);
}
