using System.Net;
using System.Net.Sockets;

namespace Registry.AspNetCore.Credentials.Throttling;

/// <summary>
/// Where failures come from: an IPv4 address, or the /64 of an IPv6 address, since whoever has one address of it has them all. A client whose address nobody knows shares one place with all others of its kind.
/// </summary>
internal static class AddressKey
{
    private const int NetworkBytes = 8;

    public static string Of(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        return Convert.ToHexString(bytes[..(address.AddressFamily == AddressFamily.InterNetworkV6 ? NetworkBytes : written)]);
    }
}
