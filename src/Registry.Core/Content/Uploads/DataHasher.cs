using System.Buffers;
using System.Security.Cryptography;
using Registry.Model;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>Hashes stored bytes: only needed for an upload that moved between nodes, or whose digest turned out to be of another algorithm.</summary>
internal static class DataHasher
{
    private const int BufferBytes = 256 * 1024;

    public static async ValueTask<Digest> HashAsync(IObjectStore store, string dataKey, DigestAlgorithm algorithm, CancellationToken cancellationToken)
    {
        ObjectContent content = await store.OpenReadAsync(dataKey, 0, null, cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidDataException($"The data '{dataKey}' that was just completed is not there.");
        await using (content.ConfigureAwait(false))
        {
            using IncrementalHash hash = algorithm.CreateHash();
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                int read;
                while ((read = await content.Stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    hash.AppendData(buffer, 0, read);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            return Digest.FromHash(algorithm, hash.GetHashAndReset());
        }
    }
}
