using System.Buffers;

namespace Registry.Storage.S3.Uploads;

internal static class Hex
{
    /// <summary>The digits that ids and MD5 ETags are made of.</summary>
    public static SearchValues<char> Digits { get; } = SearchValues.Create("0123456789abcdef");
}
