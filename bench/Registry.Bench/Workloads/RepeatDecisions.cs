using System.Globalization;
using System.Text;
using Registry.Bench.Http;
using Registry.Bench.Measurement;
using Registry.Bench.Servers;

namespace Registry.Bench.Workloads;

/// <summary>What the registry asks the host's authorization for one request, decided again and again inside the server on one thread.</summary>
internal sealed class RepeatDecisions(string name, int count) : Workload
{
    private const string Repository = SignInNames.Feed + "/apps/decided";

    /// <summary>What the token has to be for.</summary>
    public const string Scope = "repository:" + Repository + ":pull";

    private static readonly byte[] Request = Encoding.ASCII.GetBytes($"/v2/{Repository}/tags/list");

    private readonly byte[] repeat = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{SignInNames.DecisionsPath}?count={count}"));

    public override string Name => name;

    public override string Unit => "decisions/s";

    public override void WarmUp(Target target, CancellationToken cancellationToken)
    {
        using (var client = target.CreateClient())
        {
            // There is no such repository, which is for the registry to say after it has decided.
            client.TryGetPage(Request, static _ => { });
        }

        Run(target, repeat: 0, cancellationToken);
    }

    public override Slice Run(Target target, int repeat, CancellationToken cancellationToken)
    {
        var answer = new StringBuilder();
        var slice = Load.Run(target, workers: 1, operations: 1, Ask, cancellationToken);
        var parts = answer.ToString().Split(' ');
        if (parts.Length != 2
            || !double.TryParse(parts[0], CultureInfo.InvariantCulture, out var nanoseconds)
            || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var bytes))
        {
            throw new ProtocolException($"'{answer}' says nothing of decisions.");
        }

        return slice with
        {
            Amount = count,
            Seconds = nanoseconds * count / 1e9,
            Latencies = [nanoseconds / 1e6],
            Note = $"{nanoseconds:0} ns and {bytes} bytes with {target.Label}",
        };

        void Ask(RegistryClient client, int number)
        {
            if (!client.TryGetPage(this.repeat, part => answer.Append(Encoding.ASCII.GetString(part))))
            {
                throw new ProtocolException("The server cannot repeat decisions.");
            }
        }
    }
}
