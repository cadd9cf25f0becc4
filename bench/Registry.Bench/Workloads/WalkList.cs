using System.Text;
using System.Text.Json;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>A list of names read to its end, following <c>Link</c>; an operation is one request.</summary>
/// <param name="otherStrings">How many strings the JSON of a page has besides the names.</param>
/// <param name="atLeast">How many names there have to be.</param>
internal sealed class WalkList(string name, string firstPage, int otherStrings, int atLeast, int walks) : Workload
{
    private readonly byte[] firstPage = Encoding.ASCII.GetBytes(firstPage);
    private readonly Dictionary<Target, ListShape> shapes = [];

    public override string Name => name;

    public override string Unit => "names/s";

    /// <summary>How many names the list has, or null where the server does not know the list. Checks that each is there once.</summary>
    public ListShape? Inspect(Target target)
    {
        using var client = target.CreateClient();
        var names = new HashSet<string>();
        var pages = 0;
        var total = 0;
        for (var page = firstPage; page.Length > 0; page = client.NextPage.ToArray())
        {
            using var body = new MemoryStream();
            if (!client.TryGetPage(page, body.Write))
            {
                return null;
            }

            pages++;
            using var json = JsonDocument.Parse(body.ToArray());
            var list = json.RootElement.EnumerateObject().First(property => property.Value.ValueKind == JsonValueKind.Array).Value;
            total += list.GetArrayLength();
            names.UnionWith(list.EnumerateArray().Select(item => item.GetString()!));
        }

        return total == names.Count
            ? new ListShape(total, pages)
            : throw new ProtocolException($"The list has {total} names of which {names.Count} are different.");
    }

    public override void WarmUp(Target target, CancellationToken cancellationToken)
    {
        var shape = Inspect(target);
        if (shape is null || shape.Names < atLeast)
        {
            throw new ProtocolException($"The list has {shape?.Names ?? 0} names instead of {atLeast}.");
        }

        shapes[target] = shape;
        Walk(target, walks, shape, cancellationToken);
    }

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken)
    {
        var shape = shapes[target];
        return Walk(target, walks, shape, cancellationToken) with
        {
            Amount = (double)walks * shape.Names,
            Note = $"the {target.Label} answers the {shape.Names} names in {shape.Pages} {(shape.Pages == 1 ? "page" : "pages")}",
        };
    }

    private Slice Walk(Target target, int walks, ListShape shape, CancellationToken cancellationToken)
    {
        return Load.Run(target, workers: 1, walks * shape.Pages, Repeat, cancellationToken);

        void Repeat(Worker worker)
        {
            var quotes = 0L;
            Action<ReadOnlySpan<byte>> count = part => quotes += part.Count((byte)'"');
            var page = new ByteWriter(256);
            for (var i = 0; i < walks; i++)
            {
                page.Set(firstPage);
                for (var number = 0; number < shape.Pages; number++)
                {
                    var start = Worker.Now;
                    worker.Client.TryGetPage(page.Written, count);
                    worker.Record((i * shape.Pages) + number, start);
                    page.Set(worker.Client.NextPage);
                }

                // No name has a quote in it, so that counting them is counting the strings.
                var names = (quotes / 2) - (otherStrings * shape.Pages);
                if (page.Length > 0 || names != shape.Names)
                {
                    throw new ProtocolException($"A walk gave {names} names instead of {shape.Names}, or more pages than {shape.Pages}.");
                }

                quotes = 0;
            }
        }
    }
}

internal sealed record ListShape(int Names, int Pages);
