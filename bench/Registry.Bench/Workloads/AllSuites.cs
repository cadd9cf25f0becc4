using Registry.Bench.Content;

namespace Registry.Bench.Workloads;

/// <summary>All rows, in the order in which they run.</summary>
internal static class AllSuites
{
    /// <param name="run">A word that no other run uses, so that its repositories are new on a server that is not.</param>
    public static IReadOnlyList<Suite> Create(Scale scale, BlobSource source, string run)
    {
        var alone = scale.Blobs.SelectMany(
            blob => new[] { UploadMethod.Whole, UploadMethod.Streamed },
            (blob, method) => PushOf(blob.Length, blob.Pushes, workers: 1, method));
        var parallel = PushOf(scale.ParallelLength, scale.Parallel, scale.Parallel);
        var memory = PushOf(scale.MemoryLength, scale.Parallel, scale.Parallel, once: true);
        var pulls = scale.Blobs
            .Select(blob => new PullBlobs(source, run, blob.Length, blob.Pulls, workers: 1))
            .Append(new PullBlobs(source, run, scale.ParallelLength, scale.Parallel * 2, scale.Parallel));
        return
        [
            .. alone.Select(row => new Suite(row.Name, [row])),
            new Suite(parallel.Name, [parallel]),
            new Suite(memory.Name, [memory]),
            .. pulls.Select(row => new Suite(row.Name, [row]) { Fill = row.Fill }),
            new Suite("images", [new PushImages(source, run, scale.ImagesAlone, 1), new PushImages(source, run, scale.ImagesTogether, 8)]),
            ReadManifests.CreateSuite(scale, source, run),
            TagLists.CreateSuite(scale, source),
            Catalogs.CreateSuite(scale, source),
        ];

        PushBlobs PushOf(long length, int count, int workers, UploadMethod method = UploadMethod.Streamed, bool once = false) =>
            new(source, run, method, length, count, workers, scale.WarmUpPushes) { Once = once };
    }

    /// <summary>The rows for servers that share an object store: what costs it requests, and whether finishing an upload depends on its size.</summary>
    public static IReadOnlyList<Suite> CreateForObjectStore(Scale scale, BlobSource source, string run)
    {
        var rows = new List<Suite>();
        foreach (var (length, pushes, _) in scale.Blobs)
        {
            var push = new PushBlobs(source, run, UploadMethod.Streamed, length, pushes, 1, scale.WarmUpPushes);
            rows.Add(new Suite(push.Name, [push]));
        }

        var parallel = new PushBlobs(source, run, UploadMethod.Streamed, scale.ParallelLength, scale.Parallel, scale.Parallel, scale.WarmUpPushes);
        rows.Add(new Suite(parallel.Name, [parallel]));
        foreach (var length in (long[])[scale.Blobs[0].Length, scale.Blobs[^1].Length])
        {
            var finish = new FinishUploads(source, run, length);
            rows.Add(new Suite(finish.Name, [finish]));
        }

        foreach (var redirects in (bool[])[false, true])
        {
            foreach (var (length, _, pulls) in scale.Blobs)
            {
                var pull = new PullBlobs(source, run, length, pulls, workers: 1) { Redirects = redirects };
                rows.Add(new Suite(pull.Name, [pull]) { Fill = pull.Fill, Redirects = redirects });
            }
        }

        rows.Add(new Suite("images", [new PushImages(source, run, scale.ImagesAlone, 1), new PushImages(source, run, scale.ImagesTogether, 8)]));
        rows.Add(ReadManifests.CreateSuite(scale, source, run));
        return rows;
    }
}
