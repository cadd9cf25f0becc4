using Registry.Content;
using Registry.Maintenance.Collection;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>
/// Removes the uploads that a copy which was stopped left in the target. Nobody else has any there; but the copy before may not know that it was stopped, so that each is taken by the sweeper's steps, after which a committer
/// that is late fails.
/// </summary>
internal sealed class CopyLeftovers(ContentRoot target)
{
    public async ValueTask RemoveAsync(CancellationToken cancellationToken)
    {
        // Whatever their age.
        var options = new CollectionOptions { OperationsPerSecond = null, UploadLifetime = TimeSpan.MinValue, LeaseDuration = TimeSpan.MinValue };
        var sweeper = new SessionSweeper(new CollectionRun(target, options, new KeepAllPolicy(), new StoreTime(target.Time), dryRun: false));
        await foreach (string key in target.Store.ListAllAsync(ContentKeys.UploadsPrefix, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await sweeper.ExamineAsync(key[ContentKeys.UploadsPrefix.Length..], cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidDataException)
            {
                // Without a record that can be read, nobody finishes it either. A scrub says what it is.
            }
        }
    }
}
