using System.Text;
using Registry.Content;
using Registry.Content.Records;
using Registry.Model;

namespace Registry.Maintenance.Quotas;

/// <summary>Recounts quotas when it is time to: now and then, and when something comes to have a quota that had none. One node at a time does it, which saves work and is needed for nothing else.</summary>
internal sealed class QuotaVerification(ContentRoot root)
{
    public const string Key = $"{ContentKeys.QuotasPrefix}verification";

    // A node that began and has not come to its end by then is taken for one that stopped.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(6);

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
        DateTimeOffset now = root.Time.GetUtcNow();
        Versioned<VerificationRecord>? found = await root.Records.ReadAsync<VerificationRecord>(Key, cancellationToken).ConfigureAwait(false);
        if (found?.Record is { } last && last.Quotas == quotas && now - (last.Finished ?? last.Started) < (last.Finished is null ? Patience : interval))
        {
            return (null, last.Finished is not null);
        }

        PutOutcome<VerificationRecord> begun = await root.Records.PutAsync(
            Key, new VerificationRecord { Quotas = quotas, Started = now }, found, cancellationToken).ConfigureAwait(false);
        if (!begun.Won)
        {
            return (null, false);
        }

        QuotaReport report;
        try
        {
            report = await new QuotaRecount(root).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await TakeBackAsync(found?.Record, begun.Current!).ConfigureAwait(false);
            throw;
        }

        await root.Records.PutAsync(Key, begun.Current!.Record with { Finished = root.Time.GetUtcNow() }, begun.Current, cancellationToken).ConfigureAwait(false);
        return (report, true);
    }

    // Nobody is to wait for a recount that was ended: it is as if it had not begun.
    private async ValueTask TakeBackAsync(VerificationRecord? before, Versioned<VerificationRecord> begun)
    {
        VerificationRecord idle = before is { Finished: not null } ? before : new VerificationRecord { Quotas = "" };
        try
        {
            await root.Records.PutAsync(Key, idle, begun, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The store cannot be reached. Whoever is next waits as for a node that stopped.
        }
    }
}
