namespace Registry.Storage.Contract;

/// <summary>Lists by a wrong rule: all keys, in an order and a choice of its own.</summary>
internal abstract class ListsWrongly(IObjectStore inner) : DelegatingObjectStore(inner)
{
    protected abstract IEnumerable<string> List(List<string> keys, string prefix, string? startAfter);

    protected virtual bool HasMore(List<string> page, bool more) => more;

    public override async ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        KeyPage page;
        do
        {
            page = await base.ListAsync("", keys.LastOrDefault(), ObjectStoreLimits.MaxPageKeys, cancellationToken);
            keys.AddRange(page.Keys);
        }
        while (page.HasMore);

        List<string> listed = [.. List(keys, prefix, startAfter)];
        List<string> taken = [.. listed.Take(limit)];
        return new KeyPage(taken, HasMore(taken, listed.Count > limit));
    }

    protected static IEnumerable<string> Right(List<string> keys, string prefix, string? startAfter) =>
        keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(key, startAfter) > 0);
}

internal sealed class ListsInDictionaryOrder(IObjectStore inner) : ListsWrongly(inner)
{
    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter) =>
        Right(keys, prefix, startAfter).Order(StringComparer.OrdinalIgnoreCase);
}

/// <summary>Walks folders: all of <c>a/</c> before <c>a-b</c>.</summary>
internal sealed class ListsFolderByFolder(IObjectStore inner) : ListsWrongly(inner)
{
    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter) =>
        Right(keys, prefix, startAfter).OrderBy(key => key.Replace('/', '\0'), StringComparer.Ordinal);
}

internal sealed class ListsWholeFoldersOnly(IObjectStore inner) : ListsWrongly(inner)
{
    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter) =>
        Right(keys, prefix, startAfter).Where(key => prefix.Length == 0 || prefix.EndsWith('/') || key.AsSpan(prefix.Length).StartsWith("/"));
}

internal sealed class ListsTheStartAgain(IObjectStore inner) : ListsWrongly(inner)
{
    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter) =>
        keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(key, startAfter) >= 0);
}

internal sealed class StartsOnlyAfterKeysThatExist(IObjectStore inner) : ListsWrongly(inner)
{
    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter) =>
        Right(keys, prefix, startAfter is not null && keys.Contains(startAfter) ? startAfter : null);
}

internal sealed class ForgetsThatThereIsMore(IObjectStore inner) : ListsWrongly(inner)
{
    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter) => Right(keys, prefix, startAfter);

    protected override bool HasMore(List<string> page, bool more) => false;
}

internal sealed class SaysMoreOfNothing(IObjectStore inner) : ListsWrongly(inner)
{
    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter) => Right(keys, prefix, startAfter);

    protected override bool HasMore(List<string> page, bool more) => true;
}

/// <summary>Pages by position: a key that goes makes it skip another one.</summary>
internal sealed class PagesByPosition(IObjectStore inner) : ListsWrongly(inner)
{
    private int position;

    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter)
    {
        position = startAfter is null ? 0 : position;
        return keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Skip(position);
    }

    protected override bool HasMore(List<string> page, bool more)
    {
        position += page.Count;
        return more;
    }
}

internal sealed class ListsWhatItKeepsForItself(IObjectStore inner) : ListsWrongly(inner)
{
    protected override IEnumerable<string> List(List<string> keys, string prefix, string? startAfter) =>
        Right([.. keys, "~uploads/1.tail"], prefix, startAfter);
}

internal sealed class IgnoresTheLengthOfARange(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        base.OpenReadAsync(key, offset, null, cancellationToken);
}

internal sealed class ServesHalfOfARange(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        base.OpenReadAsync(key, offset, length / 2, cancellationToken);
}

internal sealed class TakesThePartForTheWhole(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken) =>
        await base.OpenReadAsync(key, offset, length, cancellationToken) is { } content
            ? content with { TotalLength = Math.Min(length ?? long.MaxValue, Math.Max(0, content.TotalLength - offset)) }
            : null;
}
