using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;
using Registry.Storage.S3.Uploads;

namespace Registry.Storage.S3;

/// <summary>Keeps everything in an S3 bucket, which any number of processes may share.</summary>
/// <remarks>
/// <para>Coordination rests on conditional <c>PutObject</c> alone. Before the first operation a small race on a key of its own shows that the server really excludes
/// writers from each other; one that does not is refused with <see cref="InvalidOperationException"/>, unless the options say that this process is the only one.</para>
/// <para>Objects are below <c>o/</c>. Of an upload there are a multipart upload of the server's own under the object's key, and its last bytes below <c>u/</c>, under its key, a space and
/// a name: so both are found by the upload's key. Give the bucket a lifecycle rule that removes incomplete multipart uploads, and one that removes objects below <c>u/</c>, both after more
/// days than an upload may take: aborts leave a little there, and crashes, where nobody looks for unfinished uploads.</para>
/// </remarks>
public sealed class S3ObjectStore : IObjectStore, IConditionalDeletes, IUnfinishedUploads, IDownloadUrls, IDisposable
{
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(7);

    private readonly S3Clients clients;
    private readonly S3ObjectStoreOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly S3Bucket bucket;
    private readonly ConditionalPuts puts;
    private readonly ConditionalDeletes deletes;
    private readonly LocalConditions local;
    private readonly S3Uploads uploads;
    private readonly UnfinishedLister unfinished;
    private readonly SemaphoreSlim probing = new(1);
    private volatile Readiness? ready;
    private volatile Ability? conditionalDeletes;

    /// <summary>Opens the store with the host's client, which stays the host's.</summary>
    /// <param name="client">The client: its endpoint, region and credentials are used.</param>
    /// <param name="options">Which bucket, and how.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Hears what an operator should know.</param>
    /// <param name="presigner">A client with the address that the outside knows, for download addresses, where that is another.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options are wrong; all mistakes are named.</exception>
    public S3ObjectStore(IAmazonS3 client, S3ObjectStoreOptions options, TimeProvider timeProvider, ILogger<S3ObjectStore> logger, IAmazonS3? presigner = null)
        : this(Checked(options, () => S3Clients.Around(client ?? throw new ArgumentNullException(nameof(client)), presigner, options)), options, timeProvider, logger)
    {
    }

    /// <summary>Opens the store with a client that it makes by the options, with credentials from the SDK's own chain.</summary>
    /// <param name="options">Which server and bucket, and how.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Hears what an operator should know.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options are wrong; all mistakes are named.</exception>
    public S3ObjectStore(S3ObjectStoreOptions options, TimeProvider timeProvider, ILogger<S3ObjectStore> logger)
        : this(Checked(options, () => S3Clients.Make(options)), options, timeProvider, logger)
    {
    }

    internal S3ObjectStore(S3Clients clients, S3ObjectStoreOptions options, TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentNullException.ThrowIfNull(logger);
        this.clients = clients;
        this.options = options;
        this.logger = logger;
        time = timeProvider;
        bucket = new S3Bucket(clients, options, timeProvider);
        puts = new ConditionalPuts(bucket, timeProvider);
        deletes = new ConditionalDeletes(bucket, timeProvider);
        local = new LocalConditions(bucket);
        uploads = new S3Uploads(bucket, options, logger);
        unfinished = new UnfinishedLister(bucket, uploads.Multipart);
    }

    /// <summary>Tries out that the server keeps what the store promises. The first operation does it where the host has not.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="StoreUnavailableException">The server cannot be reached.</exception>
    /// <exception cref="InvalidOperationException">The server cannot coordinate several writers.</exception>
    public async ValueTask ProbeAsync(CancellationToken cancellationToken) => await ReadyAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        byte[] content = [];
        GetObjectResponse? found = await bucket.ReadAsync(
            bucket.Objects + key,
            length => content = length <= ObjectStoreLimits.MaxSmallObjectBytes
                ? new byte[length]
                : throw new ObjectTooLargeException($"'{key}' has {length} bytes; a small object has at most {ObjectStoreLimits.MaxSmallObjectBytes}."),
            cancellationToken).ConfigureAwait(false);
        return found is null ? null : new SmallObject(content, S3Bucket.Unquote(found.ETag), new DateTimeOffset(found.LastModified.GetValueOrDefault().ToUniversalTime()));
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectContent?> OpenReadAsync(string key, long offset, long? length, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length.GetValueOrDefault(), nameof(length));
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        string bucketKey = bucket.Objects + key;
        if (length != 0)
        {
            long last = length is { } wanted && wanted <= long.MaxValue - offset ? offset + wanted - 1 : long.MaxValue - 1;
            ByteRange? range = offset == 0 && length is null ? null : new ByteRange(offset, Math.Max(last, offset));
            S3Answer<GetObjectResponse> answer = await bucket.GetAsync(bucketKey, range, cancellationToken).ConfigureAwait(false);
            if (answer.Response is { } opened)
            {
                bool isPart = opened.ContentRange is { Length: > 0 };
                long total = isPart ? long.Parse(opened.ContentRange.AsSpan(opened.ContentRange.LastIndexOf('/') + 1), System.Globalization.CultureInfo.InvariantCulture) : opened.ContentLength;
                if (range is null || isPart)
                {
                    return new ObjectContent(new S3ReadStream(bucket, bucketKey, opened, offset, opened.ContentLength), total);
                }

                opened.Dispose();
                if (total > 0)
                {
                    throw new IOException($"The server of the bucket '{bucket.Name}' answered a range of '{key}' with the whole object.");
                }

                return new ObjectContent(Stream.Null, 0);
            }

            if (S3Bucket.IsNotFound(answer.Refusal!))
            {
                return null;
            }
        }

        // Nothing to read: only the length is wanted.
        return await bucket.HeadAsync(bucketKey, cancellationToken).ConfigureAwait(false) is { } found ? new ObjectContent(Stream.Null, found.ContentLength) : null;
    }

    /// <inheritdoc/>
    public async ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        if (content.Length > ObjectStoreLimits.MaxSmallObjectBytes)
        {
            throw new ArgumentException($"A small object has at most {ObjectStoreLimits.MaxSmallObjectBytes} bytes, not {content.Length}.", nameof(content));
        }

        ConditionForm form = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        string bucketKey = bucket.Objects + key;
        if (form == ConditionForm.Local)
        {
            return await local.PutAsync(bucketKey, content, condition, cancellationToken).ConfigureAwait(false);
        }

        if (condition.RequiresAbsence || condition.RequiredETag is not null)
        {
            return await puts.PutAsync(bucketKey, content, condition, form, cancellationToken).ConfigureAwait(false);
        }

        return await puts.PutAlwaysAsync(bucketKey, content, form, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ConditionForm form = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (form == ConditionForm.Local)
        {
            await local.DeleteAsync(bucket.Objects + key, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await puts.DeleteAsync(bucket.Objects + key, form, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Amazon S3 has the ability, and many other servers ignore the condition. So the first call tries it out, on a key of its own.</remarks>
    public async ValueTask<bool> CanDeleteConditionallyAsync(CancellationToken cancellationToken)
    {
        ConditionForm form = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (conditionalDeletes is { } known)
        {
            return known.IsThere;
        }

        await probing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            conditionalDeletes ??= new Ability(await ProbeDeletesAsync(form, cancellationToken).ConfigureAwait(false));
            return conditionalDeletes.IsThere;
        }
        finally
        {
            probing.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ArgumentException.ThrowIfNullOrEmpty(etag);
        if (!await CanDeleteConditionallyAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new InvalidOperationException($"The server of the bucket '{bucket.Name}' cannot delete conditionally. Ask {nameof(CanDeleteConditionallyAsync)} before.");
        }

        return await ReadyAsync(cancellationToken).ConfigureAwait(false) == ConditionForm.Local
            ? await local.DeleteAsync(bucket.Objects + key, etag, cancellationToken).ConfigureAwait(false)
            : await deletes.DeleteAsync(bucket.Objects + key, etag, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<KeyPage> ListAsync(string prefix, string? startAfter, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(prefix);
        ObjectKey.ThrowIfInvalidPrefix(startAfter ?? "");
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (string.CompareOrdinal(startAfter, prefix) > 0 && !startAfter!.StartsWith(prefix, StringComparison.Ordinal))
        {
            return new KeyPage([], HasMore: false);
        }

        // A start before the prefix says nothing, and not every server takes one.
        string? bucketStart = string.CompareOrdinal(startAfter, prefix) > 0 || (prefix.Length > 0 && startAfter == prefix) ? bucket.Objects + startAfter : null;
        string? continuation = null;
        ListObjectsV2Response page;
        do
        {
            page = await bucket.ListAsync(bucket.Objects + prefix, bucketStart, limit, continuation, cancellationToken).ConfigureAwait(false);
            continuation = page.NextContinuationToken;
        }
        while (page.IsTruncated == true && page.S3Objects is null or { Count: 0 } && continuation is not null);
        string[] keys = [.. (page.S3Objects ?? []).Select(found => found.Key[bucket.Objects.Length..])];
        return new KeyPage(keys, HasMore: page.IsTruncated == true && keys.Length > 0);
    }

    /// <inheritdoc/>
    public async ValueTask<UploadToken> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        return S3UploadToken.Begin(key).ToToken();
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectAppender?> OpenAppendAsync(UploadToken token, CancellationToken cancellationToken)
    {
        S3UploadToken parsed = S3UploadToken.Parse(token);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        return await uploads.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> CompleteUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        S3UploadToken parsed = S3UploadToken.Parse(token);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        return await uploads.CompleteAsync(parsed, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask AbortUploadAsync(UploadToken token, CancellationToken cancellationToken)
    {
        S3UploadToken parsed = S3UploadToken.Parse(token);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        await uploads.AbortAsync(parsed, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<UnfinishedPage> ListUnfinishedAsync(string keyPrefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalidPrefix(keyPrefix);
        UnfinishedPosition from = UnfinishedPosition.Parse(continuation);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ObjectStoreLimits.MaxPageKeys);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        return await unfinished.ListAsync(keyPrefix, from, limit, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<Uri?> GetDownloadUrlAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        ObjectKey.ThrowIfInvalid(key);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        Uri? address = options.PublicServiceUrl ?? (clients.Presigner.Config.ServiceURL is { Length: > 0 } url ? new Uri(url) : null);
        var request = new GetPreSignedUrlRequest
        {
            BucketName = bucket.Name,
            Key = bucket.Objects + key,
            Verb = HttpVerb.GET,
            Expires = (time.GetUtcNow() + (lifetime < LongestLifetime ? lifetime : LongestLifetime)).UtcDateTime,
            Protocol = address?.Scheme == Uri.UriSchemeHttp ? Protocol.HTTP : Protocol.HTTPS,
        };
        try
        {
            return new Uri(await clients.Presigner.GetPreSignedURLAsync(request).ConfigureAwait(false));
        }
        catch (Amazon.Runtime.AmazonClientException e)
        {
            throw S3Faults.Translate(e, $"Making a download address for '{key}'", bucket.Name);
        }
    }

    /// <summary>Closes the clients that the store made itself.</summary>
    public void Dispose()
    {
        clients.Dispose();
        probing.Dispose();
    }

    private static S3Clients Checked(S3ObjectStoreOptions options, Func<S3Clients> make)
    {
        S3ObjectStoreOptionsValidator.ThrowIfInvalid(options);
        return make();
    }

    private async ValueTask<ConditionForm> ReadyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (ready is { } known)
        {
            return known.Form;
        }

        await probing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ready ??= new Readiness(await ProbeFormAsync(cancellationToken).ConfigureAwait(false));
            return ready.Form;
        }
        finally
        {
            probing.Release();
        }
    }

    private async ValueTask<ConditionForm> ProbeFormAsync(CancellationToken cancellationToken)
    {
        (ConditionForm? form, string fault) = await new StoreProbe(bucket, puts).RunAsync(cancellationToken).ConfigureAwait(false);
        if (form is { } found)
        {
            S3StoreLog.Ready(logger, bucket.Name, found);
            return found;
        }

        if (!options.SingleNode)
        {
            throw new InvalidOperationException(
                $"The S3 server of the bucket '{bucket.Name}' ({clients.Main.Config.ServiceURL ?? "AWS"}) cannot coordinate several writers: {fault}. "
                + $"Use a server with conditional writes, or set {nameof(options.SingleNode)} if this process alone uses the bucket.");
        }

        S3StoreLog.SingleNode(logger, bucket.Name, fault);
        return ConditionForm.Local;
    }

    private async ValueTask<bool> ProbeDeletesAsync(ConditionForm form, CancellationToken cancellationToken)
    {
        if (form == ConditionForm.Local)
        {
            return true;
        }

        string? reason = await new DeleteProbe(bucket, puts, deletes).RunAsync(form, cancellationToken).ConfigureAwait(false);
        if (reason is not null)
        {
            S3StoreLog.NoConditionalDeletes(logger, bucket.Name, reason);
        }

        return reason is null;
    }

    private sealed record Readiness(ConditionForm Form);

    private sealed record Ability(bool IsThere);
}
