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
            // Until there is one again nothing is counted, so that what was counted is then worth nothing.
            if (await ReadAsync(root, cancellationToken).ConfigureAwait(false) is { Record.Quotas.Length: > 0 })
            {
                await ForgetAsync(root, cancellationToken).ConfigureAwait(false);
            }

            return (null, true);
        }

        string quotas = DigestAlgorithm.Sha256.Compute(Encoding.UTF8.GetBytes(names)).Value;
        if (IsDone(await ReadAsync(root, cancellationToken).ConfigureAwait(false), quotas, interval))
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
            Versioned<VerificationRecord>? last = await ReadAsync(root, cancellationToken).ConfigureAwait(false);
            if (!IsDone(last, quotas, interval))
            {
                await claim.HoldAsync(async token => report = await CountAsync(quotas, last, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
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

    /// <summary>Has everything that has a quota counted anew at the next occasion: something was done of which nobody counted what it came to.</summary>
    public static async ValueTask ForgetAsync(ContentRoot root, CancellationToken cancellationToken)
    {
        for (int attempt = 0; await ReadAsync(root, cancellationToken).ConfigureAwait(false) is { } last; attempt++)
        {
            // Only now, since a store in which nothing was ever counted is not touched.
            await root.EnsureUsableAsync(cancellationToken).ConfigureAwait(false);
            if ((await root.Records.PutAsync(Key, last.Record with { Quotas = "" }, last, cancellationToken).ConfigureAwait(false)).Won)
            {
                return;
            }

            await root.Records.BackOffAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    private static ValueTask<Versioned<VerificationRecord>?> ReadAsync(ContentRoot root, CancellationToken cancellationToken) =>
        root.Records.ReadOrRemoveAsync<VerificationRecord>(Key, cancellationToken);

    // One that was finished in time to come was so by a clock that was wrong.
    private bool IsDone(Versioned<VerificationRecord>? last, string quotas, TimeSpan interval) =>
        last is not null && last.Record.Quotas == quotas && (root.Time.GetUtcNow() - last.Record.Finished)?.Duration() < interval;

    private async Task<QuotaReport> CountAsync(string quotas, Versioned<VerificationRecord>? last, CancellationToken cancellationToken)
    {
        QuotaReport report = await new QuotaRecount(root).RunAsync(cancellationToken).ConfigureAwait(false);

        // Over what was there before: who comes in between has counted too, or wants it counted again.
        await root.Records.PutAsync(Key, new VerificationRecord { Quotas = quotas, Finished = root.Time.GetUtcNow() }, last, cancellationToken).ConfigureAwait(false);
        return report;
    }
}
