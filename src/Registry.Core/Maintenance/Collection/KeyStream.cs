using Registry.Storage;

namespace Registry.Maintenance.Collection;

/// <summary>The keys between two places, in order, one page in memory at a time.</summary>
/// <param name="run">The run.</param>
/// <param name="prefix">What the keys begin with.</param>
/// <param name="after">Only keys after this; <see langword="null"/> starts at the front.</param>
/// <param name="end">Only keys before this; <see langword="null"/> goes on to the last.</param>
/// <param name="arrived">Told of each page before its keys are handed out.</param>
internal sealed class KeyStream(CollectionRun run, string prefix, string? after, string? end, Func<IReadOnlyList<string>, CancellationToken, ValueTask>? arrived = null)
{
    private KeyPage? _page;
    private string? _last = after;
    private int _next;

    /// <summary>The key that the stream is at, or <see langword="null"/> at its end.</summary>
    public string? Current { get; private set; }

    /// <summary>Where the current key is in its page.</summary>
    public int Index => _next - 1;

    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (_page is null || _next == _page.Keys.Count)
        {
            if (_page is { HasMore: false })
            {
                Current = null;
                return false;
            }

            _page = Cut(await run.ListAsync(prefix, _last, cancellationToken).ConfigureAwait(false));
            _next = 0;
            if (arrived is not null)
            {
                await arrived(_page.Keys, cancellationToken).ConfigureAwait(false);
            }
        }

        bool more = _next < _page.Keys.Count;
        Current = more ? _page.Keys[_next++] : null;
        _last = Current ?? _last;
        return more;
    }

    private KeyPage Cut(KeyPage page)
    {
        if (end is null || page.Keys.Count == 0 || string.CompareOrdinal(page.Keys[^1], end) < 0)
        {
            return page;
        }

        return new KeyPage([.. page.Keys.TakeWhile(key => string.CompareOrdinal(key, end) < 0)], HasMore: false);
    }
}
