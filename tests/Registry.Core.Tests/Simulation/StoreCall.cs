namespace Registry.Core.Tests.Simulation;

internal enum StoreOperation
{
    Get,
    OpenRead,
    Put,
    Delete,
    DeleteIfMatch,
    List,
    ListUnfinished,
    BeginUpload,
    OpenAppend,
    CompleteUpload,
    AbortUpload,
    AppenderWrite,
    AppenderFlush,
    AppenderComplete,
}

/// <summary>One operation on a store.</summary>
/// <param name="Operation">Which.</param>
/// <param name="Key">The key, the prefix of a listing (of keys, or of unfinished uploads), or the token of an upload.</param>
internal readonly record struct StoreCall(StoreOperation Operation, string Key)
{
    /// <summary>Whether the store may be different afterwards.</summary>
    public bool Changes => Operation is not (StoreOperation.Get or StoreOperation.OpenRead or StoreOperation.List or StoreOperation.ListUnfinished or StoreOperation.OpenAppend);

    /// <summary>Whether this is an operation of a kind on a key that begins with a prefix.</summary>
    public bool Is(StoreOperation operation, string prefix) => Operation == operation && Key.StartsWith(prefix, StringComparison.Ordinal);

    public override string ToString() => $"{Operation} {Key}";
}
