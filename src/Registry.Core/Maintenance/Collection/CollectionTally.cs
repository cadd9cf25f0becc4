namespace Registry.Maintenance.Collection;

/// <summary>Counts while several things are under way at once.</summary>
internal sealed class CollectionTally
{
    private readonly Lock _lock = new();
    private CollectionCounts _counts = new();

    public CollectionCounts Counts
    {
        get
        {
            lock (_lock)
            {
                return _counts;
            }
        }
    }

    public void Add(CollectionCounts counts)
    {
        lock (_lock)
        {
            _counts += counts;
        }
    }
}
