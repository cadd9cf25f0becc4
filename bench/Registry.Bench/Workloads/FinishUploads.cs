using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Report;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>The request that ends an upload whose bytes have all been sent, alone. What it takes should not depend on how many there are.</summary>
internal sealed class FinishUploads(BlobSource source, string run, long length) : Workload
{
    private const int Small = 10_000_000;
    private const int SmallOnes = 20;

    private readonly RepositoryPath repository = new($"{run}/finish");
    private readonly int count = length > Small ? 1 : SmallOnes;
    private Blob[][] repeats = [];
    private Blob[] warmUp = [];

    public override string Name => $"finish {Text.Length(length)}";

    public override string Unit => "finishes/s";

    public override long DiskNeeded(int repeats) => length * count * repeats;

    public override void Prepare(int repeats)
    {
        this.repeats = [.. Enumerable.Range(0, repeats).Select(_ => source.CreateMany(count, length))];
        warmUp = source.CreateMany(SmallOnes, Math.Min(length, Small));
    }

    public override void WarmUp(Target target, CancellationToken cancellationToken) => Push(target, warmUp, cancellationToken);

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken)
    {
        var slice = Push(target, repeats[repeat], cancellationToken);
        return slice with { Amount = count, Seconds = slice.Latencies.Sum() / 1000 };
    }

    private Slice Push(Target target, Blob[] blobs, CancellationToken cancellationToken) => Load.Run(
        target,
        workers: 1,
        blobs.Length,
        worker =>
        {
            for (var i = 0; i < blobs.Length; i++)
            {
                worker.Client.BeginStreamed(repository, blobs[i]);
                var start = Worker.Now;
                worker.Client.FinishStreamed(blobs[i]);
                worker.Record(i, start);
            }
        },
        cancellationToken);
}
