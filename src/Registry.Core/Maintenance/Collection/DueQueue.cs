namespace Registry.Maintenance.Collection;

/// <summary>Places that wait until they are due, each once, up to a number of them: one more is not taken.</summary>
/// <typeparam name="T">A place.</typeparam>
/// <param name="capacity">How many.</param>
internal sealed class DueQueue<T>(int capacity)
    where T : struct, IEquatable<T>
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<T, DateTimeOffset> _due = new();
    private readonly HashSet<T> _known = [];

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _due.Count;
            }
        }
    }

    public void Add(T place, DateTimeOffset due)
    {
        lock (_lock)
        {
            if (_due.Count < capacity && _known.Add(place))
            {
                _due.Enqueue(place, due);
            }
        }
    }

    public bool HasDue(DateTimeOffset now)
    {
        lock (_lock)
        {
            return _due.TryPeek(out _, out DateTimeOffset due) && due <= now;
        }
    }

    /// <summary>Takes the place that has been due for longest.</summary>
    public T? Take(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_due.TryPeek(out T place, out DateTimeOffset due) || due > now)
            {
                return null;
            }

            _due.Dequeue();
            _known.Remove(place);
            return place;
        }
    }
}
