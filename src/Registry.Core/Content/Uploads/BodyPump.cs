using System.Buffers;
using System.Security.Cryptography;
using Registry.Content.Quotas;
using Registry.Storage;

namespace Registry.Content.Uploads;

/// <summary>
/// Moves a request's body into an upload through two pooled buffers: while one is being hashed on another thread and written, the next is
/// being filled. Hashing is the slowest part, so a transfer runs at its speed and not at the speed of the sum.
/// </summary>
internal static class BodyPump
{
    // Large enough that the cost of a call into the hash and of a write to the store disappears; two of them are all that a transfer holds.
    private const int BufferBytes = 256 * 1024;
    private const int SmallestBuffer = 4 * 1024;

    // Below this, handing the hash to another thread costs more than it saves.
    private const int WorthAnotherThread = 64 * 1024;

    /// <summary>Copies until the body ends, breaks off, or proves longer than allowed.</summary>
    /// <param name="body">The body.</param>
    /// <param name="appender">Where the bytes go.</param>
    /// <param name="hash">What they are hashed with, if anything.</param>
    /// <param name="limit">The most bytes the body may have.</param>
    /// <param name="cancellationToken">Ends the copying at the next read; what has been read is still written. A write that is under way is not ended, since nothing of the upload could be kept then.</param>
    public static async ValueTask<PumpResult> CopyAsync(UploadBody body, ObjectAppender appender, IncrementalHash? hash, long limit, CancellationToken cancellationToken)
    {
        // One byte more than announced, so that a body of the announced length is seen to end in one pass.
        int size = (int)Math.Clamp((body.Length ?? BufferBytes) + 1, SmallestBuffer, BufferBytes);
        byte[] current = ArrayPool<byte>.Shared.Rent(size);
        byte[]? other = null;
        Task hashing = Task.CompletedTask;
        long total = 0;
        try
        {
            while (true)
            {
                int read = 0;
                Exception? fault = null;
                try
                {
                    int count;
                    while (read < size && (count = await body.Content.ReadAsync(current.AsMemory(read, size - read), cancellationToken).ConfigureAwait(false)) > 0)
                    {
                        read += count;
                    }
                }
                catch (Exception e) when (e is IOException or OperationCanceledException)
                {
                    fault = e;
                }

                await hashing.ConfigureAwait(false);
                if (read > limit - total)
                {
                    return new PumpResult(total, null, TooLong: true);
                }

                if (read > 0)
                {
                    hashing = StartHashing(hash, current, read);
                    await appender.WriteAsync(current.AsMemory(0, read), CancellationToken.None).ConfigureAwait(false);
                    total += read;
                }

                if (read < size)
                {
                    await hashing.ConfigureAwait(false);
                    return new PumpResult(total, fault);
                }

                other ??= ArrayPool<byte>.Shared.Rent(size);
                (current, other) = (other, current);
            }
        }
        finally
        {
            // The hash may still be reading a buffer when something else failed.
            await hashing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(current);
            if (other is not null)
            {
                ArrayPool<byte>.Shared.Return(other);
            }
        }
    }

    private static Task StartHashing(IncrementalHash? hash, byte[] buffer, int count)
    {
        if (hash is null)
        {
            return Task.CompletedTask;
        }

        if (count < WorthAnotherThread)
        {
            hash.AppendData(buffer, 0, count);
            return Task.CompletedTask;
        }

        return Task.Factory.StartNew(
            static state =>
            {
                (IncrementalHash hash, byte[] buffer, int count) = ((IncrementalHash, byte[], int))state!;
                hash.AppendData(buffer, 0, count);
            },
            (hash, buffer, count),
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default);
    }
}

/// <summary>A request's body as an upload sees it.</summary>
/// <param name="Content">The bytes; the caller keeps and disposes the stream.</param>
/// <param name="Length">How many bytes were announced, if that was said.</param>
/// <param name="MaxBlobBytes">How large the blob may become here, where that is less than anywhere.</param>
/// <param name="Room">How much of it fits into the quotas, as they were when the request came.</param>
internal readonly record struct UploadBody(Stream Content, long? Length, long? MaxBlobBytes = null, QuotaRoom? Room = null);

/// <summary>How far a body was copied.</summary>
/// <param name="Bytes">The bytes that were written and hashed.</param>
/// <param name="Fault">Why the body broke off, or <see langword="null"/> when it ended.</param>
/// <param name="TooLong">Whether copying was given up because the body has more bytes than allowed.</param>
internal readonly record struct PumpResult(long Bytes, Exception? Fault, bool TooLong = false);
