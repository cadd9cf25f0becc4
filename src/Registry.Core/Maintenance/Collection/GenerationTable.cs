namespace Registry.Maintenance.Collection;

/// <summary>
/// Remembers of many things the generation that each was seen in, in a memory that is bounded: 8 bytes for each, up to a million. It knows things by 40 bits of what they are called by and generations by 23, so that what it
/// says may spare a look at the store and never stands for one before something is removed.
/// </summary>
internal sealed class GenerationTable
{
    private const int Smallest = 1 << 10;
    private const int Largest = 1 << 20;
    private const int GenerationBits = 24;

    // A thing has as many places as a processor reads at once.
    private const int PlacesForThing = 8;

    private readonly Lock _lock = new();

    // Zero where nothing is.
    private ulong[] _entries = new ulong[Smallest];
    private int _count;

    /// <summary>Remembers the generation of a thing.</summary>
    public void Set(ulong key, ulong generation)
    {
        lock (_lock)
        {
            if (_count > _entries.Length / 2 && _entries.Length < Largest)
            {
                Grow();
            }

            _count += Put(_entries, Entry(key, generation));
        }
    }

    /// <summary>Whether a thing was seen in this generation.</summary>
    public bool Has(ulong key, ulong generation)
    {
        lock (_lock)
        {
            ulong entry = Entry(key, generation);
            return Places(_entries, entry).Contains(entry);
        }
    }

    private static ulong Entry(ulong key, ulong generation) =>
        (Mix(key) >> GenerationBits << GenerationBits) | (Mix(generation) >> (64 - GenerationBits)) | 1;

    private static ulong Mix(ulong value) => value * 0x9E3779B97F4A7C15UL;

    private static Span<ulong> Places(ulong[] entries, ulong entry) =>
        entries.AsSpan((int)(entry >> 44) & (entries.Length - PlacesForThing), PlacesForThing);

    // In the place that the thing has, or in a free one, or in that of another thing.
    private static int Put(ulong[] entries, ulong entry)
    {
        Span<ulong> places = Places(entries, entry);
        foreach (ref ulong place in places)
        {
            if (place == 0 || place >> GenerationBits == entry >> GenerationBits)
            {
                int added = place == 0 ? 1 : 0;
                place = entry;
                return added;
            }
        }

        places[(int)(entry >> GenerationBits) & (PlacesForThing - 1)] = entry;
        return 0;
    }

    private void Grow()
    {
        ulong[] larger = new ulong[_entries.Length * 2];
        _count = 0;
        foreach (ulong entry in _entries)
        {
            _count += entry == 0 ? 0 : Put(larger, entry);
        }

        _entries = larger;
    }
}

/// <summary>What things are known by in a <see cref="GenerationTable"/>.</summary>
internal static class GenerationKey
{
    /// <summary>A thing of a repository.</summary>
    /// <param name="repository">The repository, as it is spelled in keys.</param>
    /// <param name="name">What the thing is called.</param>
    public static ulong Of(ReadOnlySpan<char> repository, ReadOnlySpan<char> name) => Hash(name, Hash(repository, 14695981039346656037UL) ^ '/');

    /// <summary>A generation; never zero.</summary>
    public static ulong OfGeneration(ReadOnlySpan<char> generation) => Hash(generation, 14695981039346656037UL) | 1;

    // FNV-1a, over characters. Nobody can make a registry lose anything by finding two that are equal: what is to be removed is looked at.
    private static ulong Hash(ReadOnlySpan<char> text, ulong hash)
    {
        foreach (char c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash;
    }
}
