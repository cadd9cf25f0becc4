namespace Registry.TestServers.Faults;

/// <summary>What kinds of faults there are.</summary>
public enum FaultKind
{
    LoseAnswer,
    Duplicate,
    BreakRequest,
    StallRequest,
    Answer,
    AnswerAfterwards,
    BreakAnswer,
    StallAnswer,
    HoldRequest,
    HoldAnswer,
}

/// <summary>Something that goes wrong with one request.</summary>
public sealed record Fault
{
    private Fault(FaultKind kind) => Kind = kind;

    public FaultKind Kind { get; }

    internal long Bytes { get; private init; }

    internal CannedAnswer? Instead { get; private init; }

    internal Task Until { get; private init; } = Task.CompletedTask;

    /// <summary>The server carries the request out; the connection breaks before the client hears of it.</summary>
    public static Fault LoseAnswer { get; } = new(FaultKind.LoseAnswer);

    /// <summary>The server gets the request twice, one after the other. The client hears what came of the second.</summary>
    public static Fault Duplicate { get; } = new(FaultKind.Duplicate);

    /// <summary>The server never hears of the request, and the client's connection breaks when it has sent it.</summary>
    public static Fault LoseRequest { get; } = new(FaultKind.BreakRequest) { Bytes = -1 };

    /// <summary>The server and the client see the connection break after that many bytes of the request's body.</summary>
    public static Fault BreakRequest(long bodyBytes) => new(FaultKind.BreakRequest) { Bytes = bodyBytes };

    /// <summary>The server gets that many bytes of the request's body and no more; the client gets rid of all of them and never hears anything, until it hangs up.</summary>
    public static Fault StallRequest(long bodyBytes) => new(FaultKind.StallRequest) { Bytes = bodyBytes };

    /// <summary>The client gets this answer; the server never hears of the request.</summary>
    public static Fault Answer(CannedAnswer answer) => new(FaultKind.Answer) { Instead = answer };

    /// <summary>The server carries the request out; the client gets this answer all the same.</summary>
    public static Fault AnswerAfterwards(CannedAnswer answer) => new(FaultKind.AnswerAfterwards) { Instead = answer };

    /// <summary>The connection breaks after that many bytes of the answer's body. None where the answer has no more than that.</summary>
    public static Fault BreakAnswer(long bodyBytes) => new(FaultKind.BreakAnswer) { Bytes = bodyBytes };

    /// <summary>After that many bytes of the answer's body nothing comes any more, until the client hangs up. None where the answer has no more than that.</summary>
    public static Fault StallAnswer(long bodyBytes) => new(FaultKind.StallAnswer) { Bytes = bodyBytes };

    /// <summary>The request is late: the server gets it when the task is done. A delay is a task that takes as long.</summary>
    public static Fault HoldRequest(Task until) => new(FaultKind.HoldRequest) { Until = until };

    /// <summary>The answer is late: the server carries the request out at once, and the client hears of it when the task is done.</summary>
    public static Fault HoldAnswer(Task until) => new(FaultKind.HoldAnswer) { Until = until };
}
