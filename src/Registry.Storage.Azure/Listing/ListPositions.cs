using System.Diagnostics.CodeAnalysis;

namespace Registry.Storage.Azure;

/// <summary>
/// Remembers places in the service's listings: for the last key of a page, a place that is at or before this key, so that all that comes after it, were it
/// written meanwhile, is found from there. Forgotten places cost a search, no more.
/// </summary>
internal sealed class ListPositions
{
    private const int Capacity = 4096;

    private readonly Lock gate = new();
    private readonly Dictionary<(string Prefix, string Key), ListPosition> positions = [];
    private readonly Queue<(string Prefix, string Key)> order = new();

    public bool TryGet(string prefix, string key, [MaybeNullWhen(false)] out ListPosition position)
    {
        lock (gate)
        {
            return positions.TryGetValue((prefix, key), out position);
        }
    }

    public void Remember(string prefix, string key, ListPosition position)
    {
        lock (gate)
        {
            if (positions.TryAdd((prefix, key), position))
            {
                order.Enqueue((prefix, key));
                if (order.Count > Capacity)
                {
                    positions.Remove(order.Dequeue());
                }
            }
            else
            {
                positions[(prefix, key)] = position;
            }
        }
    }
}
