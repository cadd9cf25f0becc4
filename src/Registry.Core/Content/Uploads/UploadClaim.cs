using Registry.Content.Records;

namespace Registry.Content.Uploads;

/// <summary>
/// The right to make a session's bytes a blob, which a sweeper of dead sessions may take away. Whatever is put after a renewal over something that was
/// read before it is safe: a sweeper that comes later takes the session first, then writes over what it may have raced with, and only then removes the bytes.
/// </summary>
internal sealed class UploadClaim(RecordStore records, string id, Versioned<UploadRecord> current, TimeProvider time)
{
    private Versioned<UploadRecord> _current = current;

    /// <summary>Claims the session anew.</summary>
    /// <returns>Whether it still was this claim's; if not, the bytes are someone else's to remove.</returns>
    public ValueTask<bool> RenewAsync(CancellationToken cancellationToken) => PutAsync(_current.Record, cancellationToken);

    /// <summary>Gives the session back, to go on from where it was, when its bytes could not be completed now.</summary>
    public ValueTask<bool> ReleaseAsync(CancellationToken cancellationToken) =>
        PutAsync(_current.Record with { State = UploadState.Open, Digest = null }, cancellationToken);

    private async ValueTask<bool> PutAsync(UploadRecord record, CancellationToken cancellationToken)
    {
        PutOutcome<UploadRecord> outcome = await records.PutAsync(
            ContentKeys.Upload(id), record with { Touched = time.GetUtcNow() }, _current, cancellationToken).ConfigureAwait(false);
        _current = outcome.Won ? outcome.Current! : _current;
        return outcome.Won;
    }
}
