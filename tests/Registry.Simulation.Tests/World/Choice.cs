namespace Registry.Simulation.World;

internal enum ChoiceKind : byte
{
    /// <summary>A fiber's operation is done, or the fiber begins.</summary>
    Step,

    /// <summary>An operation whose caller has given up takes place.</summary>
    Late,

    /// <summary>Time goes on.</summary>
    Advance,

    /// <summary>A node stops and another process takes its place.</summary>
    Crash,

    /// <summary>A client leaves.</summary>
    Leave,
}

internal enum FaultKind : byte
{
    None,

    /// <summary>It does not take place, and its caller hears of a fault.</summary>
    Lost,

    /// <summary>It takes place, and its caller hears of a fault.</summary>
    AnswerLost,

    /// <summary>Its caller hears of a fault, and it takes place later.</summary>
    Late,

    /// <summary>It takes place twice, and its caller hears of the second time.</summary>
    Twice,

    /// <summary>It takes place now and once more later.</summary>
    Echo,
}

/// <summary>One decision of a scheduler. Choices name fibers and not positions, so that a list of them still means something when parts are left out.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Target">The fiber, the node, or how far time goes on.</param>
/// <param name="Branch">Which of the operations that wait.</param>
/// <param name="Fault">What goes wrong.</param>
/// <param name="Freedom">Decides what is left open besides; 0 is the plainest.</param>
internal readonly record struct Choice(ChoiceKind Kind, int Target, int Branch = 0, FaultKind Fault = FaultKind.None, uint Freedom = 0);

/// <summary>Decides what happens next.</summary>
internal abstract class Schedule
{
    /// <returns>Whether there is anything that can happen.</returns>
    public abstract bool TryNext(Simulator simulator, out Choice choice);
}
