using System.Buffers;
using System.Security.Cryptography;
using Registry.Content;
using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Reads a blob's bytes and says whether they are what they should be.</summary>
internal sealed class DataCheck(IObjectStore store)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>Looks at some bytes, and once more where something is wrong with them: a fault of the way is no fault of the bytes.</summary>
    /// <returns>What is wrong, or <see langword="null"/>; and whether the second look was needed.</returns>
    public async ValueTask<(ScrubFindingKind? Wrong, bool Repeated)> CheckAsync(ScrubRun run, Digest digest, string dataKey, long size)
    {
        ScrubFindingKind? first = await LookAsync(run, digest, dataKey, size).ConfigureAwait(false);
        return first is null ? (null, false) : (await LookAsync(run, digest, dataKey, size).ConfigureAwait(false), true);
    }

    private async ValueTask<ScrubFindingKind?> LookAsync(ScrubRun run, Digest digest, string dataKey, long size)
    {
        try
        {
            return await ReadAsync(run, digest, dataKey, size).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await store.ThrowIfAwayAsync(e, run.Token).ConfigureAwait(false);
            return ScrubFindingKind.BlobUnreadable;
        }
    }

    private async ValueTask<ScrubFindingKind?> ReadAsync(ScrubRun run, Digest digest, string dataKey, long size)
    {
        bool reads = run.Options.ReadData && digest.IsSupported;
        if (await store.OpenReadAsync(dataKey, 0, reads ? null : 0, run.Token).ConfigureAwait(false) is not { } content)
        {
            return ScrubFindingKind.BlobMissing;
        }

        await using (content.ConfigureAwait(false))
        {
            if (content.TotalLength != size)
            {
                return ScrubFindingKind.BlobCorrupt;
            }

            return !reads || await HashAsync(run, digest.Algorithm!, content.Stream).ConfigureAwait(false) == digest ? null : ScrubFindingKind.BlobCorrupt;
        }
    }

    private static async ValueTask<Digest> HashAsync(ScrubRun run, DigestAlgorithm algorithm, Stream bytes)
    {
        using IncrementalHash hash = algorithm.CreateHash();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await bytes.ReadAsync(buffer, run.Token).ConfigureAwait(false)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                await run.Pace.TookAsync(read, run.Token).ConfigureAwait(false);
                await run.BeatAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Digest.FromHash(algorithm, hash.GetHashAndReset());
    }
}
