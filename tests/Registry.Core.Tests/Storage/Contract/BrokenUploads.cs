using System.Collections.Concurrent;

namespace Registry.Storage.Contract;

/// <summary>
/// Keeps each upload in one growing buffer that appenders write into where their token ends: what a store does that maps uploads to files and
/// thinks of one writer only. Each flag adds another mistake.
/// </summary>
internal sealed class AppendsInPlace(IObjectStore inner, ConcurrentDictionary<string, byte[]> files) : DelegatingObjectStore(inner)
{
    private ConcurrentDictionary<string, byte[]> Files => files;

    public bool TruncatesWhenOpened { get; init; }

    public bool GoesOnAtTheEnd { get; init; }

    public bool CompletesAll { get; init; }

    public bool ShowsWhatIsFlushed { get; init; }

    public bool AbortsTheObject { get; init; }

    public bool NeverAborts { get; init; }

    public bool ForgetsThatItIsComplete { get; init; }

    public override ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        files[key] = [];
        return ValueTask.FromResult(Token(key, 0));
    }

    public override ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken)
    {
        (string key, int length) = Parse(token);
        if (!files.TryGetValue(key, out byte[]? file))
        {
            return ValueTask.FromResult<ObjectAppender?>(null);
        }

        if (TruncatesWhenOpened)
        {
            files[key] = file[..length];
        }

        return ValueTask.FromResult<ObjectAppender?>(new Appender(this, key, GoesOnAtTheEnd ? file.Length : length));
    }

    public override async ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        (string key, int length) = Parse(token);
        if (files.TryRemove(key, out byte[]? file))
        {
            await PutAsync(key, file.AsMemory(0, CompletesAll ? file.Length : Math.Min(length, file.Length)), PutCondition.None, cancellationToken);
            return key;
        }

        return !ForgetsThatItIsComplete && (await GetAsync(key, cancellationToken))?.Content.Length == length ? key : null;
    }

    public override async ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        string key = Parse(token).Key;
        if (!NeverAborts)
        {
            files.TryRemove(key, out _);
        }

        if (AbortsTheObject)
        {
            await DeleteAsync(key, cancellationToken);
        }
    }

    private static UploadToken Token(string key, int length) => new($"{length} {key}");

    private static (string Key, int Length) Parse(UploadToken token) =>
        (token.Value[(token.Value.IndexOf(' ', StringComparison.Ordinal) + 1)..], int.Parse(token.Value.Split(' ')[0], provider: null));

    private sealed class Appender(AppendsInPlace store, string key, int position) : ObjectAppender
    {
        public override long Length => position;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            int start = position;
            store.Files.AddOrUpdate(key, _ => Written([]), (_, file) => Written(file));
            position += bytes.Length;
            return ValueTask.CompletedTask;

            byte[] Written(byte[] file)
            {
                byte[] grown = new byte[Math.Max(file.Length, start + bytes.Length)];
                file.CopyTo(grown, 0);
                bytes.CopyTo(grown.AsMemory(start));
                return grown;
            }
        }

        public override async ValueTask<UploadToken> FlushAsync(CancellationToken cancellationToken)
        {
            if (store.ShowsWhatIsFlushed)
            {
                await store.PutAsync(key, store.Files[key], PutCondition.None, cancellationToken);
            }

            return Token(key, position);
        }

        public override async ValueTask<string?> CompleteAsync(CancellationToken cancellationToken) =>
            await store.CompleteUploadAsync(await FlushAsync(cancellationToken), cancellationToken);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
