namespace Registry.Bench.Content;

internal static class Digests
{
    public static string Format(ReadOnlySpan<byte> sha256) => "sha256:" + Convert.ToHexStringLower(sha256);
}
