using System.Globalization;
using System.Text;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>The whole catalog as somebody sees it who may read one feed; an operation is all pages of one listing.</summary>
internal sealed class ListFeed(string name, int repositories, int listings) : Workload
{
    private const string FirstPage = "/v2/_catalog?n=1000";
    private const int OtherStrings = 1; // "repositories"
    private const int OperationsPerChange = 2;

    private static readonly byte[] ChangePath = Encoding.ASCII.GetBytes(SignInNames.ChangePath);
    private static readonly byte[] OperationsPath = Encoding.ASCII.GetBytes(SignInNames.OperationsPath);

    private readonly byte[] firstPage = Encoding.ASCII.GetBytes(FirstPage);
    private readonly WalkList list = new(name, FirstPage, OtherStrings, repositories, walks: 1);

    /// <summary>Whether a repository comes and goes before each listing, so that nothing is left of what the store remembers of the one before. That is not part of the time.</summary>
    public bool AfterChange { get; init; }

    public override string Name => name;

    public override string Unit => "listings/s";

    public override void WarmUp(Target target, CancellationToken cancellationToken)
    {
        var names = list.Inspect(target)?.Names;
        if (names != repositories)
        {
            throw new ProtocolException($"The list has {names ?? 0} names instead of {repositories}.");
        }

        List(target, cancellationToken);
    }

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken)
    {
        using var client = target.CreateClient();
        ReadOperations(client);
        var slice = List(target, cancellationToken);
        var operations = ((double)ReadOperations(client) / listings) - (AfterChange ? OperationsPerChange : 0);
        return slice with
        {
            Amount = listings,
            Seconds = slice.Latencies.Sum() / 1000,
            Note = string.Create(CultureInfo.InvariantCulture, $"the store was asked {operations:0.##} times for a listing {target.Label}"),
        };
    }

    private Slice List(Target target, CancellationToken cancellationToken)
    {
        return Load.Run(target, workers: 1, listings, Repeat, cancellationToken);

        void Repeat(Worker worker)
        {
            var quotes = 0L;
            Action<ReadOnlySpan<byte>> count = part => quotes += part.Count((byte)'"');
            var page = new ByteWriter(256);
            for (var i = 0; i < listings; i++)
            {
                if (AfterChange)
                {
                    worker.Client.TryGetPage(ChangePath, static _ => { });
                }

                quotes = 0;
                var pages = 0;
                var start = Worker.Now;
                for (page.Set(firstPage); page.Length > 0; page.Set(worker.Client.NextPage))
                {
                    worker.Client.TryGetPage(page.Written, count);
                    pages++;
                }

                worker.Record(i, start);
                var names = (quotes / 2) - (OtherStrings * pages);
                if (names != repositories)
                {
                    throw new ProtocolException($"A listing gave {names} names instead of {repositories}.");
                }
            }
        }
    }

    private static int ReadOperations(RegistryClient client)
    {
        var text = new StringBuilder();
        client.TryGetPage(OperationsPath, part => text.Append(Encoding.ASCII.GetString(part)));
        return int.Parse(text.ToString(), CultureInfo.InvariantCulture);
    }
}
