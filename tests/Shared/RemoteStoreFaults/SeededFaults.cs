using System.Collections.Concurrent;
using System.Security.Cryptography;
using Registry.TestServers.Faults;

namespace Registry.Storage.Faults;

/// <summary>
/// Lets something go wrong with a share of all requests, but with no operation of the client library twice: what it repeats comes through, so that
/// whoever is asked behind it owes the right result.
/// </summary>
/// <param name="percent">The share.</param>
/// <param name="operationOf">What all attempts of one operation have in common.</param>
/// <param name="mayRepeat">Whether a request that was carried out may be carried out again later on without others noticing; one that may not meets a refusal at most.</param>
/// <param name="busy">What the server says when it wants to be left alone.</param>
internal sealed class SeededFaults(int percent, Func<ProxiedRequest, string?> operationOf, Func<ProxiedRequest, bool> mayRepeat, CannedAnswer busy)
{
    private readonly ConcurrentDictionary<string, bool> met = new(StringComparer.Ordinal);
    private readonly Random random = new(Seed);
    private readonly Lock gate = new();

    /// <summary>The seed, another for each run unless the environment says which.</summary>
    public static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("REGISTRY_FAULTS_SEED"), out int given) ? given : RandomNumberGenerator.GetInt32(1_000_000);

    public Fault? Choose(ProxiedRequest request)
    {
        int chance;
        int kind;
        lock (gate)
        {
            chance = random.Next(100);
            kind = random.Next(6);
        }

        if (chance >= percent || operationOf(request) is not { } operation || !met.TryAdd(operation, true))
        {
            return null;
        }

        Fault fault = kind switch
        {
            0 => Fault.LoseAnswer,
            1 => Fault.AnswerAfterwards(busy),
            2 => Fault.Duplicate,
            3 => Fault.Answer(busy),
            4 => Fault.LoseRequest,
            _ => request.Method == "GET" ? Fault.BreakAnswer(request.Number % 700) : Fault.BreakRequest(request.ContentLength / 2),
        };
        return mayRepeat(request) ? fault : Fault.Answer(busy);
    }
}
