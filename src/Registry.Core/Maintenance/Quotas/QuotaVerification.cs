using System.Text;
using Registry.Content;
using Registry.Content.Records;
using Registry.Maintenance.Collection;
using Registry.Model;

namespace Registry.Maintenance.Quotas;

/// <summary>Recounts quotas when it is time to: now and then, and when something comes to have a quota that had none. One node at a time does it, which saves work and is needed for nothing else.</summary>
/// <param name="root">The content.</param>
/// <param name="lease">How long a node that recounts may be silent before another begins.</param>
internal sealed class QuotaVerification(ContentRoot root, TimeSpan lease)
{
    /// <summary>When quotas were counted last, and of what.</summary>
    public const string Key = $"{ContentKeys.QuotasPrefix}verification";

    /// <summary>Who is at it.</summary>
    public const string ClaimKey = $"{ContentKeys.MaintenancePrefix}quotas";

    // How often it is looked whether another has come to its end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Recounts now, once whoever is at it has come to the end, since he may have counted before what is asked about.</summary>
    public async ValueTask<QuotaReport> RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            (QuotaReport? report, bool isDone) = await RunIfDueAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            if (report is not null || isDone)
            {
                return report ?? new QuotaReport(0, 0, 0);
            }

            await Task.Delay(Patience, root.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Recounts, if it is time.</summary>
    /// <param name="interval">How long a recount is good for.</param>
    /// <param name="cancellationToken">Ends the recount.</param>
    /// <returns>What it came to, or <see langword="null"/> where it is not time, or nothing has a quota; and whether nothing is left to do, since another node may be at it.</returns>
    public async ValueTask<(QuotaReport? Report, bool IsDone)> RunIfDueAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        string names = root.Quotas.Scopes.Names;
        if (names.Length == 0)
        {
            return (null, true);
        }

        string quotas = DigestAlgorithm.Sha256.Compute(Encoding.UTF8.GetBytes(names)).Value;
        if (await IsDoneAsync(quotas, interval, cancellationToken).ConfigureAwait(false))
        {
            return (null, true);
        }

        (PartClaim? claim, _) = await PartClaim.TryTakeAsync(root, new StoreTime(root.Time), ClaimKey, root.Ids.Next(), lease, notSince: null, cancellationToken).ConfigureAwait(false);
        if (claim is null)
        {
            return (null, false);
        }

        QuotaReport? report = null;
        try
        {
            // Another may have come to its end between the look and the claim.
            if (!await IsDoneAsync(quotas, interval, cancellationToken).ConfigureAwait(false))
            {
                await claim.HoldAsync(async token => report = await CountAsync(quotas, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }

            await claim.FinishAsync(cancellationToken).ConfigureAwait(false);
            return (report, true);
        }
        catch (OperationCanceledException) when (claim.IsLost && !cancellationToken.IsCancellationRequested)
        {
            return (null, false);
        }
        catch (Exception)
        {
            // Nobody is to wait for a recount that was ended.
            await claim.PauseAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<bool> IsDoneAsync(string quotas, TimeSpan interval, CancellationToken cancellationToken) =>
        await root.Records.ReadAsync<VerificationRecord>(Key, cancellationToken).ConfigureAwait(false) is { Record: { } last }
        && last.Quotas == quotas && root.Time.GetUtcNow() - last.Finished < interval;

    private async Task<QuotaReport> CountAsync(string quotas, CancellationToken cancellationToken)
    {
        QuotaReport report = await new QuotaRecount(root).RunAsync(cancellationToken).ConfigureAwait(false);
        Versioned<VerificationRecord>? found = await root.Records.ReadAsync<VerificationRecord>(Key, cancellationToken).ConfigureAwait(false);

        // Who comes in between has counted too.
        await root.Records.PutAsync(Key, new VerificationRecord { Quotas = quotas, Finished = root.Time.GetUtcNow() }, found, cancellationToken).ConfigureAwait(false);
        return report;
    }
}
