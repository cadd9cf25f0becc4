using Registry.Simulation.Checks;
using Registry.Simulation.Scenarios;
using Registry.Storage;

namespace Registry.Simulation.World;

/// <summary>
/// A few nodes over one store, in one thread: every operation on the store waits until a schedule chooses it, is done as one step, and whoever waited for it goes on until all that it does waits again. So a
/// scenario and a list of choices decide everything.
/// </summary>
internal sealed class Simulator : IDisposable
{
    public static readonly DateTimeOffset Start = new(2025, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan GracePeriod = TimeSpan.FromHours(1);

    private static readonly AsyncLocal<Fiber?> s_caller = new();

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Process[] _nodes;
    private int _processes;

    public Simulator(Scenario scenario, ulong seed)
    {
        Scenario = scenario;
        PageKeys = scenario.PageKeys;
        Seed = seed;
        Content = Preparation.Prepare(scenario);
        Now = Content.Now + scenario.SinceSetup;
        Began = Now;
        Content.Now = Now + scenario.StoreClock;
        _nodes = new Process[scenario.Clocks.Length];
        for (int i = 0; i < _nodes.Length; i++)
        {
            _nodes[i] = NewProcess(i);
        }

        var fibers = new List<Fiber>();
        for (int actor = 0; actor < scenario.Actors.Length; actor++)
        {
            for (int position = 0; position < scenario.Actors[actor].Length; position++)
            {
                fibers.Add(new Fiber(actor, position, scenario.Actors[actor][position]));
            }
        }

        Fibers = [.. fibers];
        Current = Outside;
        Checks = new RunChecks(this);
        Content.Observer = Checks;
    }

    public Scenario Scenario { get; }

    public StoreContent Content { get; }

    public RunChecks Checks { get; }

    public DateTimeOffset Now { get; private set; }

    public DateTimeOffset Began { get; }

    public int PageKeys { get; }

    /// <summary>On whose behalf code runs, or an operation is done.</summary>
    public Fiber Current { get; private set; }

    /// <summary>Who asks for an operation. Requests that change one quota at the same moment wait for each other at their node, and go on in the middle of another's step.</summary>
    public Fiber Caller => s_caller.Value ?? Current;

    /// <summary>Whoever is no actor.</summary>
    public Fiber Outside { get; } = new(99, 0, default);

    public Fiber[] Fibers { get; }

    /// <summary>Operations that take place later, whose callers wait no more.</summary>
    public List<Operation> Late { get; } = [];

    /// <summary>What was prepared and drawn with.</summary>
    public ulong Seed { get; }

    public int Step { get; private set; }

    /// <summary>Whether anything went wrong so far.</summary>
    public int Faults { get; private set; }

    /// <summary>What must not be, in words, once it is.</summary>
    public string? Violation { get; private set; }

    /// <summary>A hash of all that happened.</summary>
    public ulong Trace { get; private set; }

    /// <summary>What happened, where it is to be told.</summary>
    public List<string>? Story { get; set; }

    public Process Node(int node) => _nodes[node];

    /// <summary>Runs until nothing can happen any more, or something did that must not.</summary>
    public string? Run(Schedule schedule)
    {
        while (Violation is null && schedule.TryNext(this, out Choice choice))
        {
            Apply(choice);
            if (Step > 5_000)
            {
                Violate("It does not come to an end.");
            }
        }

        if (Violation is null)
        {
            Current = Outside;
            Checks.AtEnd();
        }

        if (Violation is null && Scenario.GoesToRest)
        {
            new RestChecks(this).Run();
        }

        return Violation;
    }

    public void Violate(string what) => Violation ??= what;

    public void Park(Operation operation)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException($"{operation.Kind} {operation.Key} comes from another thread.");
        }

        if (operation.Kind == OperationKind.Put && operation.Key.Contains("/lease-", StringComparison.Ordinal))
        {
            operation.Fiber.LeasedAt = Now;
        }

        if (!operation.Fiber.IsOver)
        {
            operation.Fiber.Pending.Add(operation);
        }
    }

    public static void Unpark(Operation operation) => operation.Fiber.Pending.Remove(operation);

    /// <summary>Whether a fiber can be begun now.</summary>
    public bool CanBegin(int index)
    {
        Fiber fiber = Fibers[index];
        return fiber.State == FiberState.Waiting && (fiber.Id % 16 == 0 || Fibers[index - 1].LetsGo);
    }

    public int IndexOf(int fiber)
    {
        for (int i = 0; i < Fibers.Length; i++)
        {
            if (Fibers[i].Id == fiber)
            {
                return i;
            }
        }

        return -1;
    }

    public void Dispose()
    {
        foreach (Process node in _nodes)
        {
            node.Dispose();
        }
    }

    private void Apply(in Choice choice)
    {
        Step++;
        switch (choice.Kind)
        {
            case ChoiceKind.Step:
                int index = IndexOf(choice.Target);
                if (index >= 0)
                {
                    StepFiber(index, choice);
                }

                break;
            case ChoiceKind.Late when Late.Count > 0:
                Operation late = Late[choice.Target % Late.Count];
                Late.Remove(late);
                Perform(late, choice);
                Tell(late, "takes place now", late.Describe());
                break;
            case ChoiceKind.Advance:
                HurryLate(TimeSpan.FromMinutes(choice.Target));
                Now += TimeSpan.FromMinutes(choice.Target);
                Content.Now = Now + Scenario.StoreClock;
                Note($"{TimeSpan.FromMinutes(choice.Target)} go by", StableHash.Of("time", (uint)choice.Target));
                break;
            case ChoiceKind.Crash:
                Crash(choice.Target % _nodes.Length, choice.Freedom);
                break;
            case ChoiceKind.Leave:
                int leaving = IndexOf(choice.Target);
                if (leaving >= 0 && Fibers[leaving].State == FiberState.Running)
                {
                    Leave(Fibers[leaving], choice.Freedom);
                }

                break;
            default:
                break;
        }

        Current = Outside;
    }

    private void StepFiber(int index, in Choice choice)
    {
        Fiber fiber = Fibers[index];
        Current = fiber;
        if (CanBegin(index))
        {
            fiber.State = FiberState.Running;
            fiber.Began = Step;
            fiber.BeganAt = Now;
            Note($"{fiber} begins at node {fiber.Node}: {fiber.Plan}", StableHash.Of("begin", (uint)fiber.Id));
            s_caller.Value = Scenario.Quota is null ? null : fiber;
            fiber.Task = Clients.ActAsync(this, fiber);
            s_caller.Value = null;
        }
        else if (fiber.Pending.Count > 0)
        {
            Operation operation = fiber.Pending[choice.Branch % fiber.Pending.Count];
            fiber.Pending.Remove(operation);
            Perform(operation, choice);
        }

        Settle(fiber);
        if (Scenario.Quota is not null)
        {
            Array.ForEach(Fibers, Settle);
        }
    }

    private void Perform(Operation operation, in Choice choice)
    {
        Current = operation.Fiber;
        operation.Freedom = choice.Freedom;
        FaultKind fault = operation.Kind == OperationKind.Wait || choice.Kind == ChoiceKind.Late ? FaultKind.None : choice.Fault;
        if (!operation.Changes && fault is FaultKind.Late or FaultKind.Echo or FaultKind.Twice)
        {
            fault = FaultKind.Lost;
        }

        Faults += fault == FaultKind.None ? 0 : 1;
        if (fault is not (FaultKind.Lost or FaultKind.Late))
        {
            operation.Perform();
        }

        if (fault == FaultKind.Twice)
        {
            Checks.PutTwice(operation);
            operation.Perform();
        }

        if (fault is FaultKind.Late or FaultKind.Echo)
        {
            operation.Since = Now;
            Late.Add(operation);
        }

        if (choice.Kind == ChoiceKind.Late)
        {
            return;
        }

        string how = fault switch
        {
            FaultKind.Lost => "is lost",
            FaultKind.AnswerLost => "takes place and its answer is lost",
            FaultKind.Late => "seems lost, and will take place later",
            FaultKind.Twice => "takes place twice",
            FaultKind.Echo => "takes place, and will once more",
            _ => "",
        };
        Tell(operation, how, fault is FaultKind.Lost or FaultKind.Late ? "" : Story is null ? "" : operation.Describe());
        if (fault is FaultKind.Lost or FaultKind.AnswerLost or FaultKind.Late)
        {
            operation.Fail(new StoreUnavailableException("The simulated store does not answer."));
        }
        else
        {
            operation.Answer();
        }
    }

    private void Settle(Fiber fiber)
    {
        if (fiber.State is FiberState.Running or FiberState.Abandoned && fiber.Task.IsCompleted)
        {
            fiber.State = FiberState.Ended;
            Checks.Ends(fiber);
            if (Story is not null)
            {
                Note($"{fiber} ends: {(fiber.Task.Exception?.InnerException is { } e ? $"{e.GetType().Name}: {Universe.Shorten(e.Message)}" : fiber.Task.IsCanceled ? "cancelled" : "done")}", 0);
            }
        }
    }

    private void Crash(int node, uint freedom)
    {
        Faults++;
        Note($"node {node} stops, and another process takes its place", StableHash.Of("crash", (uint)node));
        foreach (Fiber fiber in Fibers)
        {
            if (fiber.State is FiberState.Running or FiberState.Abandoned && fiber.Node == node)
            {
                Operation[] pending = [.. fiber.Pending];
                fiber.Pending.Clear();
                fiber.State = FiberState.Dead;
                Checks.Ends(fiber);
                foreach (Operation operation in pending)
                {
                    Drop(operation, ref freedom);
                }
            }
        }

        _nodes[node].Dispose();
        _nodes[node] = NewProcess(node);
    }

    private void Leave(Fiber fiber, uint freedom)
    {
        Faults++;
        Current = fiber;
        Note($"the client of {fiber} leaves", StableHash.Of("leave", (uint)fiber.Id));
        fiber.State = FiberState.Abandoned;
        Operation[] pending = [.. fiber.Pending.Where(operation => operation.Kind != OperationKind.Wait && operation.Token == fiber.Leaving.Token)];
        foreach (Operation operation in pending)
        {
            fiber.Pending.Remove(operation);
            Drop(operation, ref freedom);
        }

        Current = fiber;
        fiber.Leaving.Cancel();
        foreach (Operation operation in pending)
        {
            operation.Fail(new OperationCanceledException(fiber.Leaving.Token));
        }

        Settle(fiber);
    }

    // Of an operation whose caller is gone: it took place, it did not, or it will.
    private void Drop(Operation operation, ref uint freedom)
    {
        Current = operation.Fiber;
        uint what = freedom & 3;
        freedom >>= 2;
        if (!operation.Changes || what == 0)
        {
            return;
        }

        if (what == 3)
        {
            operation.Since = Now;
            Late.Add(operation);
            Tell(operation, "will take place later", "");
        }
        else
        {
            operation.Perform();
            Tell(operation, "takes place", Story is null ? "" : operation.Describe());
        }
    }

    // So long may a store take with a request whose sender has given up, and no longer: what is left of a thing that is gone is kept as long.
    private void HurryLate(TimeSpan by)
    {
        for (int i = 0; i < Late.Count;)
        {
            Operation late = Late[i];
            if (Now + by - late.Since < GracePeriod - Scenario.Uncertainty)
            {
                i++;
                continue;
            }

            Late.RemoveAt(i);
            Perform(late, new Choice(ChoiceKind.Late, 0));
            Tell(late, "takes place now", late.Describe());
        }
    }

    private Process NewProcess(int node) =>
        new(new ParkingStore(this), Scenario, new SimulatedTime(this, Scenario.Clocks[node]), new SimulationRandom(Seed + (ulong)(1000 * ++_processes)), Content.Now);

    private void Tell(Operation operation, string how, string result)
    {
        Trace = Trace * 31 + StableHash.Of(operation.Key, (uint)((operation.Fiber.Id * 64) + (int)operation.Kind));
        Story?.Add($"{operation.Fiber} {operation.Kind} {Universe.Shorten(operation.Key)} {how}{(result.Length == 0 ? "" : $" -> {Universe.Shorten(result)}")}");
    }

    private void Note(string what, ulong hash)
    {
        Trace = Trace * 31 + hash;
        Story?.Add(what);
    }
}
