namespace Registry.Storage;

/// <summary>
/// An ability that some stores have beside <see cref="IObjectStore"/>: they hand out addresses from which an object can be downloaded without a further
/// credential for a limited time, so that its bytes do not pass through the host.
/// </summary>
public interface IDownloadUrls
{
    /// <summary>Makes an address that gives an object's bytes to whoever has it. It is not checked that the object is there.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="lifetime">How long the address works, more than zero. A store may shorten it to what its server allows.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The absolute address, or <see langword="null"/> where the store cannot make one as it is configured.</returns>
    /// <exception cref="ArgumentException"><paramref name="key"/> is no key.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lifetime"/> is not positive.</exception>
    ValueTask<Uri?> GetDownloadUrlAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken);
}
