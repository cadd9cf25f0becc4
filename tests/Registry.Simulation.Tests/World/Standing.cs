using Registry.Simulation.Scenarios;

namespace Registry.Simulation.World;

/// <summary>
/// Which of the first two actors stand still, and where: they go first until they are there, then everybody else goes on, and they do when nobody else has anything left to do. Most of what goes wrong takes
/// somebody who was in the middle of something meanwhile.
/// </summary>
internal sealed class Standing
{
    private enum State
    {
        Free,
        Going,
        Stands,
        GoesOn,
    }

    // Where in the middle: at an operation of a kind on a kind of key. Those that decide something, and the looks that they rest on.
    private static readonly (OperationKind Kind, string Key)[] s_marks =
    [
        (OperationKind.Put, "blobs/"), (OperationKind.Put, "blobs/"), (OperationKind.Put, "uploads/"), (OperationKind.Put, "/manifests/"), (OperationKind.Put, "/tags/"), (OperationKind.Put, "refs/"),
        (OperationKind.Put, "/tagged/"), (OperationKind.Put, "quotas/"), (OperationKind.Delete, "refs/"), (OperationKind.Delete, "data/"), (OperationKind.Delete, "blobs/"), (OperationKind.Delete, "/tagged/"),
        (OperationKind.List, "refs/"), (OperationKind.List, "refs/"), (OperationKind.List, "/tagged/"), (OperationKind.Get, "blobs/"), (OperationKind.Get, "/manifests/"), (OperationKind.Get, "/tags/"),
        (OperationKind.Complete, ""), (OperationKind.Abort, ""),
    ];

    private readonly SimulationRandom _random;
    private readonly State[] _states = new State[2];
    private readonly int[] _steps = [int.MaxValue, int.MaxValue];
    private readonly (OperationKind Kind, string Key)?[] _marks = new (OperationKind, string)?[2];
    private readonly bool _before;
    private readonly bool _withFault;
    private readonly bool _goesOn;
    private readonly int _times;
    private readonly int _later;
    private int _met;

    /// <param name="random">Draws who, where and how.</param>
    /// <param name="scenario">What it is about: some stories need somebody who stands still.</param>
    public Standing(SimulationRandom random, Scenario scenario)
    {
        _random = random;
        if (!scenario.IsStalled && random.Next(3) > 0)
        {
            return;
        }

        bool marked = random.Next(scenario.IsStalled ? 5 : 2) > 0;
        for (int actor = 0; actor < _states.Length; actor++)
        {
            if (actor == 0 || random.Next(2) == 0)
            {
                _states[actor] = State.Going;
                _marks[actor] = marked ? s_marks[random.Next(s_marks.Length)] : null;
                _steps[actor] = marked ? int.MaxValue : random.Next(actor == 0 ? 30 : 12);
            }
        }

        _before = random.Next(3) == 0;
        _withFault = !_before && random.Next(2) == 0;
        _goesOn = _withFault && random.Next(2) == 0;
        _times = random.Next(4) == 0 ? 1 : 0;
        _later = random.Next(2) == 0 ? 0 : 700;
        IsAnybody = true;
    }

    public bool IsAnybody { get; }

    /// <summary>Picks whose turn it is.</summary>
    /// <param name="simulator">The world.</param>
    /// <param name="last">Whose turn it was.</param>
    /// <param name="switching">How often another one goes on, of a thousand.</param>
    /// <param name="turn">What is to be done.</param>
    public void Pick(Simulator simulator, int last, int switching, out Turn turn)
    {
        int others = 0;
        int standing = 0;
        for (int i = 0; i < simulator.Fibers.Length; i++)
        {
            if (!RandomSchedule.IsAble(simulator, i))
            {
                continue;
            }

            if (StateOf(simulator, i) == State.Going && TryLead(simulator.Fibers[i], i, out turn))
            {
                return;
            }

            bool stands = StateOf(simulator, i) is State.Stands or State.GoesOn;
            others += stands ? 0 : 1;
            standing += stands ? 1 : 0;
        }

        int index = Choose(simulator, last, switching, others == 0, others == 0 ? standing : others);
        turn = new Turn(index, -1, FaultKind.None, AdvancesFirst: false);
        if (StateOf(simulator, index) == State.Stands)
        {
            _states[simulator.Fibers[index].Id / 16] = State.GoesOn;
            turn = turn with { AdvancesFirst = _random.Chance(_later) };
        }
    }

    // It goes on until it is there, and what it does there may go wrong.
    private bool TryLead(Fiber fiber, int index, out Turn turn)
    {
        int actor = fiber.Id / 16;
        int branch = -1;
        if (_marks[actor] is { } mark)
        {
            branch = fiber.Pending.FindIndex(operation => operation.Kind == mark.Kind && operation.Key.Contains(mark.Key, StringComparison.Ordinal));
            branch = branch >= 0 && _met < _times ? Meet() : branch;
        }

        bool isThere = branch >= 0 || _steps[actor]-- == 0;
        if (isThere)
        {
            _states[actor] = _goesOn ? State.Free : State.Stands;
        }

        turn = new Turn(index, branch, isThere && _withFault && fiber.Pending.Count > 0 ? (FaultKind)(1 + _random.Next(5)) : FaultKind.None, AdvancesFirst: false);
        return !(isThere && _before && branch >= 0);
    }

    private int Meet()
    {
        _met++;
        return -1;
    }

    // The one that was at it goes on, as a rule.
    private int Choose(Simulator simulator, int last, int switching, bool standing, int count)
    {
        int number = _random.Next(count);
        int picked = -1;
        for (int i = 0; i < simulator.Fibers.Length; i++)
        {
            if (RandomSchedule.IsAble(simulator, i) && standing == StateOf(simulator, i) is State.Stands or State.GoesOn)
            {
                if (simulator.Fibers[i].Id == last && !_random.Chance(switching))
                {
                    return i;
                }

                picked = number-- == 0 ? i : picked;
            }
        }

        return picked;
    }

    private State StateOf(Simulator simulator, int index)
    {
        int actor = simulator.Fibers[index].Id / 16;
        return actor < _states.Length ? _states[actor] : State.Free;
    }

    /// <summary>Whose turn it is.</summary>
    /// <param name="Index">The fiber.</param>
    /// <param name="Branch">Which of its operations, or -1.</param>
    /// <param name="Fault">What goes wrong.</param>
    /// <param name="AdvancesFirst">Whether time goes on before.</param>
    internal readonly record struct Turn(int Index, int Branch, FaultKind Fault, bool AdvancesFirst);
}
