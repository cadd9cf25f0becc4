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
    /// <returns>What it came to, or <see langword="null"/> where it is not time, or nothing has a quota.</returns>
    public async ValueTask<QuotaReport?> RunIfDueAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        string names = root.Quotas.Scopes.Names;
        if (names.Length == 0)
        {
            return null;
        }

        string quotas = DigestAlgorithm.Sha256.Compute(Encoding.UTF8.GetBytes(names)).Value;
        DateTimeOffset now = root.Time.GetUtcNow();
        Versioned<VerificationRecord>? found = await root.Records.ReadAsync<VerificationRecord>(Key, cancellationToken).ConfigureAwait(false);
        if (found?.Record is { } last && last.Quotas == quotas && now - (last.Finished ?? last.Started) < (last.Finished is null ? Patience : interval))
        {
            return null;
        }

        PutOutcome<VerificationRecord> begun = await root.Records.PutAsync(
            Key, new VerificationRecord { Quotas = quotas, Started = now }, found, cancellationToken).ConfigureAwait(false);
        if (!begun.Won)
        {
            return null;
        }

        QuotaReport report = await new QuotaRecount(root).RunAsync(cancellationToken).ConfigureAwait(false);
        await root.Records.PutAsync(Key, begun.Current!.Record with { Finished = root.Time.GetUtcNow() }, begun.Current, cancellationToken).ConfigureAwait(false);
        return report;
    }
}
