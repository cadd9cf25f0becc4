using Registry.Content;
using Registry.Content.Records;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>
/// The target's marker. While a registry is copied, it says so, and no host starts on the target; afterwards it says that the target is a copy, until a host starts on it. So what a host has written since is not copied over.
/// </summary>
internal sealed class CopyTarget(IObjectStore source, ContentRoot target)
{
    private string? _etag;
    private CopyNote? _note;

    /// <summary>Marks the target as half a copy.</summary>
    /// <exception cref="InvalidOperationException">The source holds no registry, or the target something else than a copy of it.</exception>
    public async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        SmallObject? origin = await source.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        if (origin is null || StorageFormat.Parse(origin.Content.Span) is not { Format: StorageFormat.Name, Version: StorageFormat.Version })
        {
            throw new InvalidOperationException($"The source holds no registry in version {StorageFormat.Version} of the storage layout, or half a copy of one.");
        }

        SmallObject? found = await target.Store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            if ((await target.Store.ListAsync("", null, 1, cancellationToken).ConfigureAwait(false)).Keys.Count > 0)
            {
                throw new InvalidOperationException("The target is neither empty nor a registry's. Is this the right store?");
            }
        }
        else
        {
            ThrowIfNoCopy(StorageFormat.Parse(found.Content.Span), origin.LastModified);
        }

        _note = new CopyNote(origin.LastModified, target.Ids.Next(), null);
        _etag = await PutAsync(StorageFormat.CopyName, _note, found?.ETag, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Throws where somebody else copies to the target by now, before anything is removed from it.</summary>
    public async ValueTask ThrowIfLostAsync(CancellationToken cancellationToken)
    {
        SmallObject? found = await target.Store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        if (found?.ETag != _etag)
        {
            throw Lost();
        }
    }

    /// <summary>Marks the target as a whole copy.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken) =>
        _etag = await PutAsync(StorageFormat.Name, _note! with { Ended = target.Time.GetUtcNow() }, _etag, cancellationToken).ConfigureAwait(false);

    private static void ThrowIfNoCopy(FormatRecord? format, DateTimeOffset origin)
    {
        if (format?.Format is not (StorageFormat.Name or StorageFormat.CopyName) || format.Version != StorageFormat.Version)
        {
            throw new InvalidOperationException($"The target holds something else than a registry in version {StorageFormat.Version} of the storage layout. It was not touched.");
        }

        if (format.Copy is null)
        {
            throw new InvalidOperationException("The target is a registry of its own: a host has used it. It was not touched.");
        }

        if (format.Copy.Source != origin)
        {
            throw new InvalidOperationException("The target is a copy of another registry. It was not touched.");
        }
    }

    private async ValueTask<string> PutAsync(string format, CopyNote note, string? over, CancellationToken cancellationToken)
    {
        byte[] marker = StorageFormat.Encode(new FormatRecord(format, StorageFormat.Version, note));
        PutResult result = await target.Store.PutAsync(ContentKeys.Format, marker, over is null ? PutCondition.IfAbsent : PutCondition.IfMatch(over), cancellationToken).ConfigureAwait(false);
        if (result.ETag is { } etag)
        {
            return etag;
        }

        // A store's client may have repeated a put whose first answer was lost. The run's id tells.
        SmallObject? found = await target.Store.GetAsync(ContentKeys.Format, cancellationToken).ConfigureAwait(false);
        return found is not null && found.Content.Span.SequenceEqual(marker) ? found.ETag : throw Lost();
    }

    private static InvalidOperationException Lost() => new("Somebody else has begun to copy to the target.");
}
