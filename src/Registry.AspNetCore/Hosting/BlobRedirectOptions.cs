using System.Net;
using Microsoft.AspNetCore.Http;

namespace Registry.AspNetCore;

/// <summary>
/// When a pull of a blob is sent on to the store that has the bytes, so that they do not pass through this host. It takes a store that hands out addresses, such as S3 or Azure Blob Storage;
/// with any other these options change nothing.
/// </summary>
public sealed class BlobRedirectOptions
{
    /// <summary>Whether clients are sent on at all. On by default.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How long an address works: 20 minutes by default, from 1 minute to 7 days. A client that follows it later asks again.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>Blobs with fewer bytes are answered by this host, which is quicker than a second request: 65,536 by default, 0 or more.</summary>
    public long MinBytes { get; set; } = 64 * 1024;

    /// <summary>Clients in these networks are never sent on, because they cannot reach the store, say. The address is the connection's, which forwarded headers change only where the host trusts them.</summary>
    public IList<IPNetwork> ExceptNetworks { get; } = [];

    /// <summary>Says of a request whether it is answered by this host in any case; <see langword="null"/> makes no exception.</summary>
    public Func<HttpContext, bool>? Except { get; set; }

    internal bool Applies(HttpContext context, long size)
    {
        if (!Enabled || size < MinBytes || Except?.Invoke(context) == true)
        {
            return false;
        }

        IPAddress? client = context.Connection.RemoteIpAddress;
        if (client is { IsIPv4MappedToIPv6: true })
        {
            client = client.MapToIPv4();
        }

        return client is null ? ExceptNetworks.Count == 0 : !ExceptNetworks.Any(network => network.Contains(client));
    }

    internal IEnumerable<string> Validate()
    {
        if (Lifetime < TimeSpan.FromMinutes(1) || Lifetime > TimeSpan.FromDays(7))
        {
            yield return $"{nameof(Lifetime)} is {Lifetime}; it must be from 1 minute to 7 days.";
        }

        if (MinBytes < 0)
        {
            yield return $"{nameof(MinBytes)} is {MinBytes}; it must be 0 or more.";
        }
    }
}
