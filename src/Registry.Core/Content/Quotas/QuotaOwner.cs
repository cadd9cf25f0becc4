using Registry.Model;

namespace Registry.Content.Quotas;

/// <summary>Who is at work on an item: an id that tells since when.</summary>
internal static class QuotaOwner
{
    /// <summary>
    /// For how long an owner is waited for. One that is slower loses nothing: it notices that somebody else decided, and looks itself.
    /// </summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    public static bool IsLost(string owner, DateTimeOffset now) => !Ulid.TryGetTime(owner, out DateTimeOffset since) || now - since >= Life;
}
