using System.Collections.Concurrent;

namespace Registry.Storage.Contract;

internal sealed class IgnoresIfAbsent(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        base.PutAsync(key, content, condition.RequiresAbsence ? PutCondition.None : condition, cancellationToken);
}

internal sealed class IgnoresIfMatch(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        base.PutAsync(key, content, condition.RequiresAbsence ? condition : PutCondition.None, cancellationToken);
}

internal sealed class MatchesTheAbsent(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        await base.PutAsync(key, content, await GetAsync(key, cancellationToken) is null ? PutCondition.None : condition, cancellationToken);
}

/// <summary>Looks, then writes: right for one caller, wrong for two.</summary>
internal sealed class ChecksThenPuts(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        SmallObject? current = await GetAsync(key, cancellationToken);
        if (condition.RequiresAbsence ? current is not null : condition.RequiredETag is { } required && current?.ETag != required)
        {
            return PutResult.ConditionFailed;
        }

        await Task.Yield();
        return await base.PutAsync(key, content, PutCondition.None, cancellationToken);
    }
}

/// <summary>Writes in place, so that a reader may see the half of it.</summary>
internal sealed class WritesInPlace(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        if (condition == PutCondition.None)
        {
            await base.PutAsync(key, content[..(content.Length / 2)], condition, cancellationToken);
            await Task.Yield();
        }

        return await base.PutAsync(key, content, condition, cancellationToken);
    }
}

internal sealed class NamesContentByItsLength(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) =>
        await base.GetAsync(key, cancellationToken) is { } read ? read with { ETag = $"{read.Content.Length}" } : null;

    public override async ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        await base.PutAsync(key, content, condition, cancellationToken) is { Succeeded: true } ? PutResult.Written($"{content.Length}") : PutResult.ConditionFailed;
}

/// <summary>Remembers what it read, as if there were no other node.</summary>
internal sealed class RemembersWhatItRead(IObjectStore inner) : DelegatingObjectStore(inner)
{
    private readonly ConcurrentDictionary<string, SmallObject> read = [];

    public override async ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken)
    {
        if (!read.TryGetValue(key, out SmallObject? known) && await base.GetAsync(key, cancellationToken) is { } found)
        {
            read[key] = known = found;
        }

        return known;
    }
}

internal sealed class HasNoSmallLimit(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken)
    {
        await using ObjectContent? content = await OpenReadAsync(key, 0, null, cancellationToken);
        if (content is null)
        {
            return null;
        }

        byte[] bytes = new byte[content.TotalLength];
        await content.Stream.ReadExactlyAsync(bytes, cancellationToken);
        return new SmallObject(bytes, "etag", TimeProvider.System.GetUtcNow());
    }
}

internal sealed class FailsToDeleteTheAbsent(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        await (await GetAsync(key, cancellationToken) is null ? throw new FileNotFoundException(null, key) : base.DeleteAsync(key, cancellationToken));
    }
}

internal sealed class IgnoresCancellation(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        base.PutAsync(key, content, condition, CancellationToken.None);
}

internal sealed class TidiesKeys(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => base.GetAsync(key.TrimEnd('/'), cancellationToken);
}

internal sealed class IgnoresCase(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => base.GetAsync(key.ToUpperInvariant(), cancellationToken);

    public override ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        base.PutAsync(key.ToUpperInvariant(), content, condition, cancellationToken);
}

internal sealed class CutsLongParts(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken) => base.GetAsync(Cut(key), cancellationToken);

    public override ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken) =>
        base.PutAsync(Cut(key), content, condition, cancellationToken);

    private static string Cut(string key) => string.Join('/', key.Split('/').Select(part => part[..Math.Min(part.Length, 255)]));
}
