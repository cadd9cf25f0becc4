using System.Net;

namespace Registry.Feeds;

/// <summary>The host names that feeds answer for.</summary>
internal static class FeedHost
{
    /// <summary>Whether a text is a DNS name or an address, with a port or without.</summary>
    public static bool IsValid(string text)
    {
        if (text.Length is 0 or > 260)
        {
            return false;
        }

        int end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        end = end <= 0 ? text.Length : end;
        ReadOnlySpan<char> port = text.AsSpan(end);
        if (!port.IsEmpty && (port[0] != ':' || !ushort.TryParse(port[1..], System.Globalization.NumberStyles.None, null, out ushort number) || number == 0))
        {
            return false;
        }

        ReadOnlySpan<char> host = text.AsSpan(0, end);
        return host[0] == '['
            ? IPAddress.TryParse(host, out _)
            : Uri.CheckHostName(host.ToString()) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }
}
