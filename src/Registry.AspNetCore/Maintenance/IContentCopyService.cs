using Registry.Maintenance.Copying;

namespace Registry.AspNetCore.Maintenance;

/// <summary>Copies a registry's content between its stores: for a backup, or to move it. A service of the host, keyed by the registry's name.</summary>
public interface IContentCopyService
{
    /// <summary>Copies everything that one store holds to another, while the registry is in use. See <see cref="ContentCopy"/>.</summary>
    /// <param name="from">The name of the store to copy from: one that was added with <c>AddStore</c>, or empty for the registry's own.</param>
    /// <param name="to">The name of the store to copy to. No feed is kept in it.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops it; run again, it goes on.</param>
    /// <exception cref="InvalidOperationException">There is no such store, a feed is kept in the target, or the target holds something else than a copy of the source.</exception>
    /// <exception cref="IOException">One of the stores failed.</exception>
    Task<ContentCopyReport> CopyAsync(string from, string to, ContentCopyOptions? options, CancellationToken cancellationToken);
}
