using System.Globalization;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>
/// The rounds of a test in which chance decides. The seed decides what is pushed and after how many steps a server dies; which step that is,
/// is up to the scheduler.
/// </summary>
internal sealed class SeededRounds
{
    private readonly int _rounds;
    /// <param name="rounds">How many, unless <c>REGISTRY_E2E_KILLS</c> says.</param>
    /// <param name="variable">The variable that says; empty for none.</param>
    public SeededRounds(int rounds, string variable = "REGISTRY_E2E_KILLS")
    {
        _rounds = variable.Length == 0 ? rounds : FromEnvironment(variable, rounds);
        Seed = FromEnvironment("REGISTRY_E2E_SEED", Environment.TickCount);
        Random = new Random(Seed);
    }

    public int Count => _rounds;

    public int Seed { get; }

    public Random Random { get; }

    /// <summary>Runs every round. What one fails with names the seed, and ends with the servers' logs.</summary>
    public async Task RunAsync(Func<string> logTail, Func<Task> round)
    {
        for (var i = 1; i <= _rounds; i++)
        {
            await RunAsync($"Round {i} of {_rounds}", logTail, round);
        }
    }

    /// <summary>Runs what comes after all rounds.</summary>
    public Task EndAsync(Func<string> logTail, Func<Task> end) => RunAsync($"After {_rounds} rounds", logTail, end);

    private async Task RunAsync(string when, Func<string> logTail, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{when}, REGISTRY_E2E_SEED={Seed}: {exception.Message}\n--- the log ends\n{logTail()}", exception);
        }
    }

    public override string ToString() => $"seed {Seed}: {_rounds} rounds";

    internal static int FromEnvironment(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
