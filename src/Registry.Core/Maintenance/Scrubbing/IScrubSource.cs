using Registry.Model;
using Registry.Storage;

namespace Registry.Maintenance.Scrubbing;

/// <summary>Somewhere that may have a good copy of what is broken or missing here: another store, or where a repository's content came from. What it gives is verified like anything that is pushed.</summary>
internal interface IScrubSource
{
    /// <summary>Opens a blob, or returns <see langword="null"/> where this source has none. The caller disposes it.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="holders">Repositories that hold it here, a few of them.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <exception cref="IOException">The source cannot be asked now.</exception>
    ValueTask<ObjectContent?> OpenBlobAsync(Digest digest, IReadOnlyList<RepositoryName> holders, CancellationToken cancellationToken);

    /// <summary>Reads a manifest's bytes, or returns <see langword="null"/> where this source has none.</summary>
    /// <exception cref="IOException">The source cannot be asked now.</exception>
    ValueTask<ReadOnlyMemory<byte>?> ReadManifestAsync(RepositoryName repository, Digest digest, CancellationToken cancellationToken);
}
