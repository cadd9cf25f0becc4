using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Registry.Bench.Http;
using Registry.Bench.Servers;

namespace Registry.Bench.Measurement;

/// <summary>Runs workers against a server, each on a thread of its own, and measures from the first request to the last answer.</summary>
internal static class Load
{
    /// <summary>Runs the same operation a fixed number of times, each by the next worker that is free.</summary>
    /// <param name="operation">Is given the client to use and the operation's number.</param>
    public static Slice Run(
        Target target, int workers, int operations, Action<RegistryClient, int> operation, CancellationToken cancellationToken)
    {
        var next = -1;
        return Run(target, workers, operations, ConsumeQueue, cancellationToken);

        void ConsumeQueue(Worker worker)
        {
            for (int number; (number = Interlocked.Increment(ref next)) < operations;)
            {
                var start = Worker.Now;
                operation(worker.Client, number);
                worker.Record(number, start);
            }
        }
    }

    /// <param name="operations">How many operations the workers will record, all together.</param>
    public static Slice Run(Target target, int workers, int operations, Action<Worker> body, CancellationToken cancellationToken)
    {
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var latencies = new long[operations];
        var clients = Enumerable.Range(0, workers).Select(_ => target.CreateClient()).ToArray();
        Array.ForEach(clients, client => client.Connect());
        var ready = new Rendezvous(workers + 1, abort.Token);
        Exception? failure = null;
        var threads = clients.Select((client, i) => StartThread(new Worker(i, client, latencies, abort.Token))).ToArray();

        // A worker that waits for an answer is woken by closing its connection.
        using var closing = abort.Token.Register(() => Array.ForEach(clients, client => client.Dispose()));
        GC.Collect();
        target.Process?.ResetPeakMemory();
        var unflushed = PageCache.Unflushed();
        var before = ProcessorTimes.Read(target);
        var clock = Stopwatch.StartNew();
        ready.TryMeet();
        Array.ForEach(threads, thread => thread.Join());
        clock.Stop();
        cancellationToken.ThrowIfCancellationRequested();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        var processor = ProcessorTimes.Read(target) - before;
        var slice = new Slice
        {
            Seconds = clock.Elapsed.TotalSeconds,
            ServerProcessor = processor.Server,
            ClientProcessor = processor.Client,
            OtherProcessor = processor.Other,
            PeakMemory = target.Process?.PeakMemory,
            Unflushed = Math.Max(0, PageCache.Unflushed() - unflushed),
            Latencies = [.. latencies.Select(ticks => ticks * 1000d / Stopwatch.Frequency).Order()],
        };
        Array.ForEach(clients, client => client.Dispose());
        return slice;

        Thread StartThread(Worker worker)
        {
            var thread = new Thread(() => Guard(worker)) { IsBackground = true };
            thread.Start();
            return thread;
        }

        void Guard(Worker worker)
        {
            try
            {
                ready.Meet();
                body(worker);
            }
            catch (Exception exception)
            {
                // Only the first failure says what happened: the others follow from closing the connections.
                if (Interlocked.CompareExchange(ref failure, exception, null) is null)
                {
                    abort.Cancel();
                }
            }
        }
    }
}
