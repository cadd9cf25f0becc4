namespace Registry.Storage;

/// <summary>What a store also implements that can let clients fetch an object's bytes from it directly, without passing them through this process.</summary>
public interface IDownloadUrls
{
    /// <summary>Makes a URL from which anybody who has it can download the object's bytes for a while, with a plain GET.</summary>
    /// <param name="key">The object's key. Whether there is such an object is not looked at.</param>
    /// <param name="lifetime">How long the URL is wanted to work, more than zero. The store may make it shorter, never longer.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The URL, absolute and signed, or <see langword="null"/> where this store cannot make one: the bytes are then read through <see cref="IObjectStore.OpenReadAsync"/>.</returns>
    /// <exception cref="ArgumentException">The text is no key.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lifetime"/> is not more than zero.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be reached, where making the URL needs it.</exception>
    ValueTask<Uri?> GetDownloadUrlAsync(string key, TimeSpan lifetime, CancellationToken cancellationToken);
}
