using Registry.Errors;

namespace Registry.Content.Quotas;

/// <summary>How many bytes a blob may have.</summary>
/// <param name="Scope">Whose quota it is.</param>
/// <param name="Used">How much of it is used.</param>
/// <param name="Bytes">How much is left.</param>
internal sealed record QuotaRoom(QuotaScope Scope, long Used, long Bytes)
{
    /// <summary>How to refuse a blob of so many bytes, or <see langword="null"/> where it fits.</summary>
    /// <param name="asked">How many bytes it has.</param>
    /// <param name="orMore">Whether it is not known yet how many more.</param>
    public RegistryException? Refuse(long asked, bool orMore = false) => Scope.RefuseBytes(Used, asked, orMore);
}
