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

    // Where in the middle: the operations that decide something, and the looks that they rest on.
    private static readonly Mark[] s_marks =
    [
        Mark.PutBlob, Mark.PutSession, Mark.PutManifest, Mark.PutTag, Mark.PutRef, Mark.PutWay, Mark.PutQuota, Mark.DeleteRef, Mark.DeleteData, Mark.DeleteBlob, Mark.DeleteWay, Mark.ListRefs, Mark.ListWays, Mark.ListTags,
        Mark.GetBlob, Mark.GetManifest, Mark.GetTag, Mark.Complete, Mark.Abort,
    ];

    private readonly SimulationRandom _random;
    private readonly Stand[] _stands = [new(), new()];
    private readonly int _later;

    /// <param name="random">Draws who, where and how.</param>
    /// <param name="scenario">What it is about: some stories need somebody who stands still.</param>
    public Standing(SimulationRandom random, Scenario scenario)
    {
        _random = random;
        bool told = scenario.StandsAt.Length > 0;
        if (!told && random.Next(3) > 0)
        {
            return;
        }

        bool marked = random.Next(told ? 5 : 2) > 0;
        for (int actor = 0; actor < _stands.Length; actor++)
        {
            if (actor == 0 || random.Next(2) == 0)
            {
                Mark[] marks = told ? scenario.StandsAt[Math.Min(actor, scenario.StandsAt.Length - 1)] : s_marks;
                _stands[actor] = new Stand(random, marked ? marks[random.Next(marks.Length)] : null, random.Next(actor == 0 ? 30 : 12));
            }
        }

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
            _stands[simulator.Fibers[index].Id / 16].State = State.GoesOn;
            turn = turn with { AdvancesFirst = _random.Chance(_later) };
        }
    }

    // It goes on until it is there, and what it does there may go wrong.
    private bool TryLead(Fiber fiber, int index, out Turn turn)
    {
        Stand stand = _stands[fiber.Id / 16];
        int branch = stand.Arrives(fiber);
        bool isThere = branch >= 0;
        if (isThere)
        {
            stand.Arrive();
        }

        turn = new Turn(index, branch, isThere && stand.WithFault && fiber.Pending.Count > 0 ? (FaultKind)(1 + _random.Next(5)) : FaultKind.None, AdvancesFirst: false);
        return !isThere || !stand.Before;
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
        return actor < _stands.Length ? _stands[actor].State : State.Free;
    }

    // Where one of them stands still, and how.
    private sealed class Stand
    {
        private Mark? _mark;
        private int _steps;
        private int _times;

        public Stand()
        {
        }

        public Stand(SimulationRandom random, Mark? mark, int steps)
        {
            _mark = mark;
            _steps = steps;
            _times = random.Next(3) == 0 ? 1 : 0;
            Before = random.Next(3) == 0;
            WithFault = !Before && random.Next(2) == 0;
            GoesOn = WithFault && random.Next(2) == 0;
            State = State.Going;
        }

        public State State { get; set; }

        /// <summary>Whether it stands before that operation, and not after it.</summary>
        public bool Before { get; }

        /// <summary>Whether the operation goes wrong.</summary>
        public bool WithFault { get; }

        private bool GoesOn { get; }

        /// <summary>It is there: now it stands still, or comes to its end before anybody else goes on.</summary>
        public void Arrive()
        {
            State = GoesOn ? State.Going : State.Stands;
            _mark = null;
            _steps = int.MaxValue;
        }

        /// <returns>Which operation it is that the fiber stands at, or -1 while it is not there.</returns>
        public int Arrives(Fiber fiber)
        {
            if (_mark is not { } mark)
            {
                return _steps-- == 0 ? 0 : -1;
            }

            int branch = fiber.Pending.FindIndex(mark.Fits);
            return branch >= 0 && _times-- > 0 ? -1 : branch;
        }
    }

    /// <summary>Whose turn it is.</summary>
    /// <param name="Index">The fiber.</param>
    /// <param name="Branch">Which of its operations, or -1.</param>
    /// <param name="Fault">What goes wrong.</param>
    /// <param name="AdvancesFirst">Whether time goes on before.</param>
    internal readonly record struct Turn(int Index, int Branch, FaultKind Fault, bool AdvancesFirst);
}
