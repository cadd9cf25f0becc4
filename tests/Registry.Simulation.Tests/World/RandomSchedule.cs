using Registry.Simulation.Scenarios;

namespace Registry.Simulation.World;

/// <summary>Draws what happens next, and keeps the choices, so that a run can be told and cut down.</summary>
internal sealed class RandomSchedule : Schedule
{
    // Minutes: within a grace period, about one, past it, past the day in which tags are mended, and past everything.
    private static readonly int[] s_times = [1, 20, 35, 65, 65, 130, 1_500, 4_400];

    private readonly SimulationRandom _random;
    private readonly int _switching;
    private readonly int _faults;
    private readonly int _crashes;
    private readonly int _leaving;
    private readonly int _advancing;
    private readonly bool _freely;
    private readonly int _beforeCollectors;
    private readonly FaultKind _only;
    private readonly string? _where;
    private readonly int _late;

    private readonly Standing _standing;
    private int _last = -1;
    private int _crashesLeft = 3;
    private int _advancesLeft = 8;

    public RandomSchedule(SimulationRandom random, Scenario scenario)
    {
        _random = random;

        // How often another fiber goes on, of a thousand steps: seldom, so that a few long stretches meet, up to always.
        _switching = random.Next(5) switch { 0 => 30, 1 => 100, 2 => 300, 3 => 600, _ => 1000 };
        int rough = random.Next(6);
        _faults = rough switch { 0 or 1 or 2 => 0, 3 => 8, 4 => 25, _ => 60 };
        _crashes = rough >= 3 && random.Next(3) == 0 ? 10 : 0;
        _leaving = rough >= 3 && random.Next(3) == 0 ? 10 : 0;
        _advancing = random.Next(3) switch { 0 => 0, 1 => 10, _ => 30 };
        _freely = random.Next(2) == 0;
        _beforeCollectors = random.Next(3) switch { 0 => 0, 1 => 400, _ => 800 };

        _late = random.Next(3) switch { 0 => 5, 1 => 30, _ => 150 };
        // Faults of all kinds anywhere, or of one kind and often where it matters.
        if (_faults > 0 && random.Next(2) == 0)
        {
            _only = (FaultKind)(1 + random.Next(5));
            _where = random.Next(4) switch { 0 => "blobs/", 1 => "repos/", 2 => "uploads/", _ => "data/" };
            _faults = 200;
        }

        _standing = new Standing(random, scenario);
    }

    public List<Choice> Choices { get; } = [];

    public override bool TryNext(Simulator simulator, out Choice choice)
    {
        bool any = Draw(simulator, out choice);
        if (any)
        {
            Choices.Add(choice);
        }

        return any;
    }

    private bool Draw(Simulator simulator, out Choice choice)
    {
        int able = 0;
        int last = -1;
        for (int i = 0; i < simulator.Fibers.Length; i++)
        {
            if (IsAble(simulator, i))
            {
                able++;
                last = simulator.Fibers[i].Id == _last ? i : last;
            }
        }

        if (simulator.Late.Count > 0 && (able == 0 || _random.Chance(_late)))
        {
            choice = new Choice(ChoiceKind.Late, _random.Next(simulator.Late.Count));
            return true;
        }

        if (able == 0)
        {
            choice = default;
            return false;
        }

        if (_advancing > 0 && _advancesLeft > 0 && _random.Chance(_advancing))
        {
            _advancesLeft--;
            choice = new Choice(ChoiceKind.Advance, s_times[_random.Next(s_times.Length)]);
            return true;
        }

        if (_crashes > 0 && _crashesLeft > 0 && _random.Chance(_crashes))
        {
            _crashesLeft--;
            choice = new Choice(ChoiceKind.Crash, _random.Next(simulator.Scenario.Clocks.Length), Freedom: (uint)_random.NextBits());
            return true;
        }

        Standing.Turn turn = new(-1, -1, FaultKind.None, AdvancesFirst: false);
        if (_standing.IsAnybody)
        {
            _standing.Pick(simulator, _last, _switching, out turn);
            if (turn.AdvancesFirst && _advancesLeft > 0)
            {
                _advancesLeft--;
                choice = new Choice(ChoiceKind.Advance, s_times[3 + _random.Next(3)]);
                return true;
            }
        }

        int index = turn.Index >= 0 ? turn.Index : last >= 0 && !_random.Chance(_switching) ? last : Pick(simulator, _random.Next(able));
        Fiber fiber = simulator.Fibers[index];
        _last = fiber.Id;
        if (fiber.State == FiberState.Waiting && fiber.Plan.IsCollectors && _beforeCollectors > 0 && _advancesLeft > 0 && _random.Chance(_beforeCollectors))
        {
            // The fiber begins after it.
            _advancesLeft--;
            choice = new Choice(ChoiceKind.Advance, 65);
            return true;
        }

        if (_leaving > 0 && fiber.State == FiberState.Running && _random.Chance(_leaving))
        {
            choice = new Choice(ChoiceKind.Leave, fiber.Id, Freedom: (uint)_random.NextBits());
            return true;
        }

        int branch = turn.Branch >= 0 ? turn.Branch : fiber.Pending.Count > 1 ? _random.Next(fiber.Pending.Count) : 0;
        FaultKind fault = turn.Fault != FaultKind.None ? turn.Fault : DrawFault(fiber, branch);
        choice = new Choice(ChoiceKind.Step, fiber.Id, branch, fault, _freely ? (uint)_random.NextBits() : 0);
        return true;
    }

    private FaultKind DrawFault(Fiber fiber, int branch)
    {
        if (_faults == 0 || fiber.Pending.Count == 0 || !_random.Chance(_faults))
        {
            return FaultKind.None;
        }

        return _where is null ? (FaultKind)(1 + _random.Next(5)) : fiber.Pending[branch].Key.StartsWith(_where, StringComparison.Ordinal) ? _only : FaultKind.None;
    }

    internal static bool IsAble(Simulator simulator, int index) => simulator.Fibers[index].Pending.Count > 0 || simulator.CanBegin(index);

    private static int Pick(Simulator simulator, int number)
    {
        for (int i = 0; ; i++)
        {
            if (IsAble(simulator, i) && number-- == 0)
            {
                return i;
            }
        }
    }
}

/// <summary>Makes choices that were made before. Those that mean nothing any more are left out; what is left to do after the last is done in the plainest order.</summary>
internal sealed class ReplaySchedule(IReadOnlyList<Choice> choices) : Schedule
{
    private int _next;

    /// <summary>The choices that meant something.</summary>
    public List<Choice> Made { get; } = [];

    public override bool TryNext(Simulator simulator, out Choice choice)
    {
        while (_next < choices.Count)
        {
            choice = choices[_next++];
            if (Means(simulator, choice))
            {
                Made.Add(choice);
                return true;
            }
        }

        for (int i = 0; i < simulator.Fibers.Length; i++)
        {
            if (RandomSchedule.IsAble(simulator, i))
            {
                choice = new Choice(ChoiceKind.Step, simulator.Fibers[i].Id);
                Made.Add(choice);
                return true;
            }
        }

        choice = new Choice(ChoiceKind.Late, 0);
        if (simulator.Late.Count > 0)
        {
            Made.Add(choice);
            return true;
        }

        return false;
    }

    private static bool Means(Simulator simulator, in Choice choice)
    {
        switch (choice.Kind)
        {
            case ChoiceKind.Step:
                int index = simulator.IndexOf(choice.Target);
                return index >= 0 && RandomSchedule.IsAble(simulator, index);
            case ChoiceKind.Leave:
                int leaving = simulator.IndexOf(choice.Target);
                return leaving >= 0 && simulator.Fibers[leaving].State == FiberState.Running;
            case ChoiceKind.Late:
                return simulator.Late.Count > 0;
            default:
                return true;
        }
    }
}
