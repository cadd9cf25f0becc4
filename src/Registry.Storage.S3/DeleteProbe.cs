using System.Net;
using System.Security.Cryptography;
using Amazon.S3;

namespace Registry.Storage.S3;

/// <summary>Finds out whether the server keeps the condition of a delete, which many ignore: they would remove what somebody else has just written.</summary>
internal sealed class DeleteProbe(S3Bucket bucket, ConditionalPuts puts, ConditionalDeletes deletes)
{
    private const int Rounds = 2;
    private const int Racers = 6;
    private const int Attempts = 3;

    /// <summary>Tries it out on a key of its own.</summary>
    /// <param name="form">The form in which the server takes the conditions of puts.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Why the server's conditional deletes cannot be used, or <see langword="null"/> where they can.</returns>
    public async ValueTask<string?> RunAsync(ConditionForm form, CancellationToken cancellationToken)
    {
        if (form != ConditionForm.Quoted)
        {
            // Ceph: it drops a delete that loses a race, and says that it is done.
            return "it takes ETags without quotes only, as servers do that tell the loser of a race between a delete and a put that it was done";
        }

        string key = $"{bucket.State}probe/{RandomNumberGenerator.GetHexString(32, lowercase: true)}";
        string? reason;
        try
        {
            reason = await TryAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e is not StoreUnavailableException || e.InnerException is AmazonS3Exception { StatusCode: HttpStatusCode.InternalServerError })
        {
            // 501, or whatever it says to a header that it does not know.
            reason = e.Message;
        }

        // Not after a fault of another kind: it is that which the caller has to hear of.
        await bucket.DeleteAsync(key, CancellationToken.None).ConfigureAwait(false);
        return reason;
    }

    private async ValueTask<string?> TryAsync(string key, CancellationToken cancellationToken)
    {
        string etag = await PutAsync(key, 0, cancellationToken).ConfigureAwait(false);
        if (await DeleteAsync(key, new string('0', 32), cancellationToken).ConfigureAwait(false) || await bucket.HeadAsync(key, cancellationToken).ConfigureAwait(false) is null)
        {
            return "it removed an object although the ETag of 'If-Match' was another one's";
        }

        if (!await DeleteAsync(key, etag, cancellationToken).ConfigureAwait(false) || await bucket.HeadAsync(key, cancellationToken).ConfigureAwait(false) is not null)
        {
            return "it did not remove an object whose ETag was that of 'If-Match'";
        }

        if (await DeleteAsync(key, etag, cancellationToken).ConfigureAwait(false))
        {
            return "it said that it removed an object that was not there";
        }

        for (int round = 1; round <= Rounds; round++)
        {
            etag = await PutAsync(key, round, cancellationToken).ConfigureAwait(false);
            bool[] succeeded = await Task.WhenAll(Enumerable.Range(0, Racers).Select(async racer => racer % 2 == 0
                ? await DeleteAsync(key, etag, cancellationToken).ConfigureAwait(false)
                : (await puts.PutAsync(key, new[] { (byte)racer, (byte)round }, PutCondition.IfMatch(etag), ConditionForm.Quoted, cancellationToken, Attempts).ConfigureAwait(false)).Succeeded)).ConfigureAwait(false);
            if (succeeded.Count(static won => won) is not 1 and int winners)
            {
                return $"of {Racers} concurrent puts and deletes with 'If-Match' and one ETag, {winners} succeeded instead of one";
            }
        }

        return null;
    }

    private ValueTask<bool> DeleteAsync(string key, string etag, CancellationToken cancellationToken) => deletes.DeleteAsync(key, etag, cancellationToken, Attempts);

    private async ValueTask<string> PutAsync(string key, int round, CancellationToken cancellationToken) =>
        (await puts.PutAlwaysAsync(key, new[] { (byte)round }, ConditionForm.Quoted, cancellationToken).ConfigureAwait(false)).ETag!;
}
