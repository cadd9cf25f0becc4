using System.Threading.Tasks.Sources;
using Registry.Storage;

namespace Registry.Simulation.World;

internal enum OperationKind
{
    Get,
    OpenRead,
    Put,
    Delete,
    List,
    BeginUpload,
    OpenAppend,
    Flush,
    Complete,
    Abort,
    Wait,
}

/// <summary>An operation that somebody waits for. The scheduler performs it, and answers it, when it likes.</summary>
internal abstract class Operation(Fiber fiber, OperationKind kind, string key)
{
    public Fiber Fiber { get; } = fiber;

    public OperationKind Kind { get; } = kind;

    public string Key { get; } = key;

    /// <summary>What ends the operation early.</summary>
    public CancellationToken Token { get; init; }

    /// <summary>For a listing, what the store may make of its freedom.</summary>
    public uint Freedom { get; set; }

    /// <summary>Since when it takes place later.</summary>
    public DateTimeOffset Since { get; set; }

    /// <summary>Whether the store may be different afterwards.</summary>
    public bool Changes => Kind is OperationKind.Put or OperationKind.Delete or OperationKind.BeginUpload or OperationKind.Flush or OperationKind.Complete or OperationKind.Abort;

    /// <summary>Does it. It may be done more than once: the last result counts.</summary>
    public abstract void Perform();

    /// <summary>Gives the result to whoever waits, who goes on at once.</summary>
    public abstract void Answer();

    /// <summary>Gives an exception to whoever waits.</summary>
    public abstract void Fail(Exception fault);

    /// <summary>The result in words.</summary>
    public abstract string Describe();
}

internal sealed class Operation<T>(Fiber fiber, OperationKind kind, string key, Func<Operation, T> perform) : Operation(fiber, kind, key), IValueTaskSource<T>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<T> _source;
    private T? _result;
    private Exception? _fault;

    public ValueTask<T> Task => new(this, _source.Version);

    public ValueTask VoidTask => new(this, _source.Version);

    public override void Perform()
    {
        _fault = null;
        try
        {
            _result = perform(this);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            _fault = e;
        }
    }

    public override void Answer()
    {
        if (_fault is not null)
        {
            _source.SetException(_fault);
        }
        else
        {
            _source.SetResult(_result!);
        }
    }

    public override void Fail(Exception fault) => _source.SetException(fault);

    public override string Describe() => _fault is not null ? _fault.Message : _result switch
    {
        null => "nothing",
        PutResult put => put.Succeeded ? "written" : "condition failed",
        KeyPage page => $"[{string.Join(", ", page.Keys.Select(static key => key[(key.LastIndexOf('/') + 1)..]))}]{(page.HasMore ? " and more" : "")}",
        SmallObject small => Describe(small.Content.Span),
        bool done => done ? "done" : "not done",
        _ => "done",
    };

    private static string Describe(ReadOnlySpan<byte> content)
    {
        int line = content.IndexOf((byte)'\n');
        return content.IsEmpty ? "there" : System.Text.Encoding.UTF8.GetString(line < 0 ? content : content[..line]);
    }

    T IValueTaskSource<T>.GetResult(short token) => _source.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);
}
