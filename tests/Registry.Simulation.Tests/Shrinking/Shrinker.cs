using Registry.Simulation.Scenarios;
using Registry.Simulation.World;

namespace Registry.Simulation.Shrinking;

/// <summary>Cuts a run that went wrong down to what it takes, by leaving things out as long as it still goes wrong.</summary>
internal sealed class Shrinker
{
    private const int MaxRuns = 6_000;

    private readonly ulong _seed;
    private Scenario _scenario;
    private IReadOnlyList<Choice> _choices;
    private int _runs;

    private Shrinker(SimulationRun run)
    {
        _seed = run.Seed;
        _scenario = run.Scenario;
        _choices = run.Choices;
    }

    /// <summary>The shortest run that was found.</summary>
    public static SimulationRun Shrink(SimulationRun run)
    {
        var shrinker = new Shrinker(run);
        int before;
        do
        {
            before = shrinker.Weigh();
            shrinker.DropActors();
            shrinker.Simplify();
            shrinker.DropChoices();
            shrinker.DropFaults();
            shrinker.JoinStretches();
        }
        while (shrinker.Weigh() < before && shrinker._runs < MaxRuns);

        return SimulationRun.Replay(run.Seed, shrinker._scenario, shrinker._choices);
    }

    private int Weigh()
    {
        int weight = _choices.Count * 4;
        for (int i = 0; i < _choices.Count; i++)
        {
            weight += (_choices[i].Fault != FaultKind.None ? 2 : 0) + (_choices[i].Freedom != 0 ? 1 : 0) + (i > 0 && _choices[i].Target != _choices[i - 1].Target ? 2 : 0);
        }

        return weight + _scenario.Actors.Sum(static plans => plans.Length * 100);
    }

    private bool Try(Scenario scenario, IReadOnlyList<Choice> choices)
    {
        if (_runs++ >= MaxRuns)
        {
            return false;
        }

        SimulationRun run = SimulationRun.Replay(_seed, scenario, choices);
        if (run.Violation is null)
        {
            return false;
        }

        _scenario = scenario;
        _choices = run.Choices;
        return true;
    }

    private void DropActors()
    {
        for (int i = 0; i < _scenario.Actors.Length; i++)
        {
            while (_scenario.Actors[i].Length > 0 && Try(_scenario with { Actors = [.. _scenario.Actors[..i], _scenario.Actors[i][..^1], .. _scenario.Actors[(i + 1)..]] }, _choices))
            {
            }
        }
    }

    private void Simplify()
    {
        Try(_scenario with { GoesToRest = false }, _choices);
        Try(_scenario with { Clocks = new TimeSpan[_scenario.Clocks.Length], StoreClock = TimeSpan.Zero }, _choices);
        Try(_scenario with { PageKeys = 1000 }, _choices);
        Try(_scenario with { CacheLifetime = TimeSpan.Zero }, _choices);
        Try(_scenario with { CollectUntagged = false }, _choices);
        Try(_scenario with { CollectOrphans = false }, _choices);
        Try(_scenario with { ConditionalDeletes = false }, _choices);
        Try(_scenario with { SinceSetup = TimeSpan.Zero }, _choices);
        for (int i = _scenario.Setup.Length - 1; i >= 0; i--)
        {
            try
            {
                Try(_scenario with { Setup = [.. _scenario.Setup[..i], .. _scenario.Setup[(i + 1)..]] }, _choices);
            }
            catch (InvalidOperationException)
            {
                // It takes the rest to come about.
            }
        }

        for (int i = 0; i < _scenario.Actors.Length; i++)
        {
            for (int j = 0; j < _scenario.Actors[i].Length; j++)
            {
                Plan plan = _scenario.Actors[i][j];
                foreach (int bit in (int[])[Variants.Retries, Variants.Mounts, Variants.Chunked, Variants.Blindly, Variants.OnlyNew, Variants.OnlyFrom, Variants.OnlyMoved])
                {
                    if (plan.Has(bit))
                    {
                        Replace(i, j, plan with { Variant = plan.Variant & ~bit });
                        plan = _scenario.Actors[i][j];
                    }
                }
            }
        }
    }

    private void Replace(int actor, int position, Plan plan)
    {
        Plan[][] actors = [.. _scenario.Actors.Select(static plans => plans.ToArray())];
        actors[actor][position] = plan;
        Try(_scenario with { Actors = actors }, _choices);
    }

    private void DropChoices()
    {
        for (int size = Math.Max(1, _choices.Count / 2); size > 0; size /= 2)
        {
            for (int start = _choices.Count - size; start >= 0 && _runs < MaxRuns; start -= size)
            {
                start = Math.Min(start, _choices.Count - size);
                if (start >= 0)
                {
                    int before = _choices.Count;
                    IReadOnlyList<Choice> shorter = [.. _choices.Take(start), .. _choices.Skip(start + size)];
                    SimulationRun run = SimulationRun.Replay(_seed, _scenario, shorter);
                    _runs++;
                    // What was left out may have been made up for at the end: only what is shorter is better.
                    if (run.Violation is not null && run.Choices.Count < before)
                    {
                        _choices = run.Choices;
                    }
                }
            }
        }
    }

    private void DropFaults()
    {
        for (int i = 0; i < _choices.Count; i++)
        {
            Choice choice = _choices[i];
            if (choice.Fault != FaultKind.None && !Replace(i, choice with { Fault = FaultKind.None }) && choice.Fault != FaultKind.Lost)
            {
                Replace(i, choice with { Fault = FaultKind.Lost });
            }

            if (i < _choices.Count && _choices[i].Freedom != 0)
            {
                Replace(i, _choices[i] with { Freedom = 0 });
            }
        }
    }

    private bool Replace(int index, Choice by)
    {
        Choice[] choices = [.. _choices];
        choices[index] = by;
        return Try(_scenario, choices);
    }

    // A stretch of one fiber's steps is moved up to its last one before.
    private void JoinStretches()
    {
        for (int i = 1; i < _choices.Count && _runs < MaxRuns; i++)
        {
            int before = i - 1;
            while (before >= 0 && _choices[before].Target != _choices[i].Target)
            {
                before--;
            }

            if (before < 0 || before == i - 1 || _choices[i].Kind != ChoiceKind.Step)
            {
                continue;
            }

            int end = i;
            while (end < _choices.Count && _choices[end].Target == _choices[i].Target)
            {
                end++;
            }

            if (!Move(i, end, before + 1))
            {
                Move(i, i + 1, before + 1);
            }
        }
    }

    private bool Move(int start, int end, int to) =>
        Try(_scenario, [.. _choices.Take(to), .. _choices.Skip(start).Take(end - start), .. _choices.Skip(to).Take(start - to), .. _choices.Skip(end)]);
}
