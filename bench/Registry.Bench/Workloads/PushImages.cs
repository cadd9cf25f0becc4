using Registry.Bench.Content;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>Small images pushed as the Docker engine does: up to five layers at a time, the configuration, the manifest.</summary>
internal sealed class PushImages(BlobSource source, string run, int count, int concurrency) : Workload
{
    private const int LayersAtOnce = 5;

    private readonly RepositoryPath[] repositories =
        [.. Enumerable.Range(0, concurrency).Select(i => new RepositoryPath($"{run}/image{i}"))];

    private Image[][] repeats = [];
    private Image[] warmUp = [];

    /// <summary>What the row's name begins with.</summary>
    public string Prefix { get; init; } = "";

    public override string Name => $"{Prefix}push small images, {concurrency} at once";

    public override string Unit => "images/s";

    public override void Prepare(int repeats)
    {
        this.repeats = [.. Enumerable.Range(0, repeats).Select(_ => Image.CreateMany(source, count))];
        warmUp = Image.CreateMany(source, Math.Max(concurrency, count / 2));
    }

    public override void WarmUp(Target target, CancellationToken cancellationToken) => Push(target, warmUp, cancellationToken);

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken) =>
        Push(target, repeats[repeat], cancellationToken) with { Amount = count };

    private Slice Push(Target target, Image[] images, CancellationToken cancellationToken)
    {
        var engines = new Engine?[concurrency];
        return Load.Run(target, concurrency * LayersAtOnce, images.Length, RunLane, cancellationToken);

        void RunLane(Worker worker)
        {
            var (number, lane) = Math.DivRem(worker.Index, LayersAtOnce);
            var engine = LazyInitializer.EnsureInitialized(ref engines[number], () => new Engine(worker.Aborted));
            for (var i = number; i < images.Length; i += concurrency)
            {
                var start = Worker.Now;
                engine.PushLayers(worker.Client, repositories[number], images[i]);
                if (lane == 0)
                {
                    worker.Client.PushLikeEngine(repositories[number], images[i].Config);
                    worker.Client.PutManifest(repositories[number], images[i].Tag, images[i].Manifest);
                    worker.Record(i, start);
                }

                engine.FinishImage();
            }
        }
    }

    /// <summary>What the lanes of one image share.</summary>
    private sealed class Engine(CancellationToken aborted)
    {
        private readonly Rendezvous rendezvous = new(LayersAtOnce, aborted);
        private int taken;

        /// <summary>Takes layers until none is left, then waits for the other lanes.</summary>
        public void PushLayers(RegistryClient client, RepositoryPath repository, Image image)
        {
            for (int i; (i = Interlocked.Increment(ref taken) - 1) < image.Layers.Length;)
            {
                client.PushLikeEngine(repository, image.Layers[i]);
            }

            rendezvous.Meet();
            taken = 0;
        }

        public void FinishImage() => rendezvous.Meet();
    }
}
