namespace Registry.Maintenance.Collection;

/// <summary>
/// Remembers of many things the generation that each was seen in, in a memory that is bounded: 16 bytes for each, up to a million. It knows them by 64 bits of what they are called by, so that what it says
/// may spare a look at the store and never stands for one before something is removed.
/// </summary>
internal sealed class GenerationTable
{
    private const int Smallest = 1 << 10;
    private const int Largest = 1 << 20;

    private readonly Lock _lock = new();
    private Entry[] _entries = new Entry[Smallest];
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

            ref Entry entry = ref Place(_entries, key);
            _count += entry.Generation == 0 ? 1 : 0;
            entry = new Entry(key, generation);
        }
    }

    /// <summary>Whether a thing was seen in this generation.</summary>
    public bool Has(ulong key, ulong generation)
    {
        lock (_lock)
        {
            return Place(_entries, key) == new Entry(key, generation);
        }
    }

    // Two that want one place: the later has it.
    private static ref Entry Place(Entry[] entries, ulong key) => ref entries[(int)((key * 0x9E3779B97F4A7C15UL) >> 40) & (entries.Length - 1)];

    private void Grow()
    {
        Entry[] larger = new Entry[_entries.Length * 2];
        _count = 0;
        foreach (Entry entry in _entries)
        {
            if (entry.Generation != 0)
            {
                ref Entry place = ref Place(larger, entry.Key);
                _count += place.Generation == 0 ? 1 : 0;
                place = entry;
            }
        }

        _entries = larger;
    }

    private readonly record struct Entry(ulong Key, ulong Generation);
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
