using System.Globalization;

namespace Registry.Storage.InMemory;

/// <summary>Where an unfinished upload stands in the listing of them.</summary>
internal readonly record struct UnfinishedPosition(string Key, long Upload) : IComparable<UnfinishedPosition>
{
    /// <summary>Greater than all others.</summary>
    public static UnfinishedPosition End => new("\u007f", long.MaxValue);

    public static UnfinishedPosition Parse(string continuation)
    {
        int separator = continuation.IndexOf(' ', StringComparison.Ordinal);
        return separator > 0
            && long.TryParse(continuation.AsSpan(0, separator), NumberStyles.None, CultureInfo.InvariantCulture, out long upload)
            && ObjectKey.IsValid(continuation.AsSpan(separator + 1))
            ? new UnfinishedPosition(continuation[(separator + 1)..], upload)
            : throw new ArgumentException($"'{continuation}' is no continuation of this store.", nameof(continuation));
    }

    public string ToContinuation() => string.Create(CultureInfo.InvariantCulture, $"{Upload} {Key}");

    public int CompareTo(UnfinishedPosition other) => string.CompareOrdinal(Key, other.Key) is not 0 and int byKey ? byKey : Upload.CompareTo(other.Upload);
}
