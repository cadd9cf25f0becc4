using System.Collections.Concurrent;
using System.Text;

namespace Registry.Storage.Contract;

internal sealed class SaysThatItCannotDeleteConditionally(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken) => new(false);
}

/// <summary>What a server makes of a delete whose condition it does not know.</summary>
internal sealed class IgnoresTheETagOfADelete(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken)
    {
        await DeleteAsync(key, cancellationToken);
        return true;
    }
}

internal sealed class DeletesTheAbsent(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) =>
        await base.DeleteAsync(key, etag, cancellationToken) || await GetAsync(key, cancellationToken) is null;
}

/// <summary>Looks, then deletes: right for one caller, wrong for two.</summary>
internal sealed class ChecksThenDeletes(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken)
    {
        if ((await GetAsync(key, cancellationToken))?.ETag != etag)
        {
            return false;
        }

        await Task.Yield();
        await DeleteAsync(key, cancellationToken);
        return true;
    }
}

internal sealed class IgnoresCancellationOfADelete(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) => base.DeleteAsync(key, etag, CancellationToken.None);
}

/// <summary>Remembers every upload that was begun, whatever became of it.</summary>
internal sealed class ListsFinishedUploads(IObjectStore inner, ConcurrentDictionary<string, byte[]> begun) : DelegatingObjectStore(inner)
{
    public override async ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        UploadToken token = await base.BeginUploadAsync(key, cancellationToken);
        begun[key] = Encoding.ASCII.GetBytes(token.Value);
        return token;
    }

    public override ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        new(new UnfinishedPage([.. begun.Select(static upload => new UnfinishedUpload(upload.Key, new UploadToken(Encoding.ASCII.GetString(upload.Value))))], null));
}

/// <summary>Knows only the uploads that it began itself.</summary>
internal sealed class ListsItsOwnUploads(IObjectStore inner) : DelegatingObjectStore(inner)
{
    private readonly HashSet<string> own = new(StringComparer.Ordinal);

    public override ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        own.Add(key);
        return base.BeginUploadAsync(key, cancellationToken);
    }

    public override async ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        UnfinishedPage page = await base.ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken);
        return page with { Uploads = [.. page.Uploads.Where(upload => own.Contains(upload.Key))] };
    }
}

internal sealed class GivesTokensThatAbortNothing(IObjectStore inner) : DelegatingObjectStore(inner)
{
    private readonly HashSet<string> listed = new(StringComparer.Ordinal);

    public override async ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        UnfinishedPage page = await base.ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken);
        listed.UnionWith(page.Uploads.Select(static upload => upload.Token.Value));
        return page;
    }

    public override ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken) =>
        listed.Contains(token.Value) ? ValueTask.CompletedTask : base.AbortUploadAsync(token, cancellationToken);
}

internal sealed class ForgetsThatThereAreMoreUploads(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        await base.ListUnfinishedAsync(keyPrefix, continuation, limit, cancellationToken) with { Continuation = null };
}

internal sealed class ListsUploadsOfWholeFolders(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        base.ListUnfinishedAsync(keyPrefix[..(keyPrefix.LastIndexOf('/') + 1)], continuation, limit, cancellationToken);
}

/// <summary>Goes on by counting: an upload that goes makes it skip another one.</summary>
internal sealed class PagesUploadsByPosition(IObjectStore inner) : DelegatingObjectStore(inner)
{
    public override async ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        int position = int.Parse(continuation ?? "0", provider: null);
        UnfinishedPage all = await base.ListUnfinishedAsync(keyPrefix, null, ObjectStoreLimits.MaxPageKeys, cancellationToken);
        UnfinishedUpload[] page = [.. all.Uploads.Skip(position).Take(limit)];
        return new UnfinishedPage(page, position + page.Length < all.Uploads.Count ? $"{position + page.Length}" : null);
    }
}
