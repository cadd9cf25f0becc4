using System.Security.Cryptography;
using System.Text;

namespace Registry.Storage.S3;

/// <summary>Finds out, before the first operation, that conditional puts exclude each other in this bucket, and in which form the server takes ETags.</summary>
internal sealed class StoreProbe(S3Bucket bucket, ConditionalPuts puts)
{
    private const int Racers = 6;

    /// <summary>Runs a small race on a key of its own.</summary>
    /// <returns>The form that the server takes, or <see langword="null"/> and what is wrong with the server.</returns>
    public async ValueTask<(ConditionForm? Form, string Fault)> RunAsync(CancellationToken cancellationToken)
    {
        string key = $"{bucket.State}probe/{RandomNumberGenerator.GetHexString(32, lowercase: true)}";
        (ConditionForm? Form, string Fault) found = await TryAsync(key, cancellationToken).ConfigureAwait(false);

        // Not after a fault: the server that could not write would not delete either, and it is the first fault that says why.
        await bucket.DeleteAsync(key, CancellationToken.None).ConfigureAwait(false);
        return found;
    }

    private async ValueTask<(ConditionForm? Form, string Fault)> TryAsync(string key, CancellationToken cancellationToken)
    {
        // The form does not matter to a condition without an ETag.
        string?[] created = await RaceAsync(key, PutCondition.IfAbsent, ConditionForm.Unquoted, cancellationToken).ConfigureAwait(false);
        if (created.Count(static etag => etag is not null) is not 1 and int creations)
        {
            return (null, $"of {Racers} concurrent puts with 'If-None-Match: *' on one key, {creations} succeeded instead of one");
        }

        string etag = created.First(static etag => etag is not null)!;
        PutResult second = await puts.PutAsync(key, "again"u8.ToArray(), PutCondition.IfAbsent, ConditionForm.Unquoted, cancellationToken, maxAttempts: 2).ConfigureAwait(false);
        if (second.Succeeded)
        {
            return (null, "a put with 'If-None-Match: *' wrote over an object that was there");
        }

        foreach (ConditionForm form in (ConditionForm[])[ConditionForm.Quoted, ConditionForm.Unquoted])
        {
            // Whether the server takes this form at all is seen without a race.
            PutResult alone = await puts.PutAsync(key, "alone"u8.ToArray(), PutCondition.IfMatch(etag), form, cancellationToken, maxAttempts: 2).ConfigureAwait(false);
            if (!alone.Succeeded)
            {
                continue;
            }

            etag = alone.ETag!;
            string?[] replaced = await RaceAsync(key, PutCondition.IfMatch(etag), form, cancellationToken).ConfigureAwait(false);
            switch (replaced.Count(static winner => winner is not null))
            {
                case 0:
                    continue;
                case 1:
                    PutResult outdated = await puts.PutAsync(key, "outdated"u8.ToArray(), PutCondition.IfMatch(etag), form, cancellationToken, maxAttempts: 2).ConfigureAwait(false);
                    return outdated.Succeeded ? (null, "a put with 'If-Match' and an outdated ETag wrote over the object") : (form, "");
                case int winners:
                    return (null, $"of {Racers} concurrent puts with 'If-Match' and one ETag, {winners} succeeded instead of one");
            }
        }

        return (null, "no put with 'If-Match' and the object's own ETag succeeded, neither with quotes around the ETag nor without");
    }

    private async ValueTask<string?[]> RaceAsync(string key, PutCondition condition, ConditionForm form, CancellationToken cancellationToken)
    {
        string round = $"{condition.RequiredETag} {form}";
        PutResult[] results = await Task.WhenAll(Enumerable.Range(0, Racers).Select(racer =>
            puts.PutAsync(key, Encoding.ASCII.GetBytes($"{round} {racer}"), condition, form, cancellationToken, maxAttempts: 3).AsTask())).ConfigureAwait(false);
        return [.. results.Select(static result => result.ETag)];
    }
}
