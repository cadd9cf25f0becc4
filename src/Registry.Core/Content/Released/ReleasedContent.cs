using System.Threading.Channels;
using Registry.Content.Refs;

namespace Registry.Content.Released;

/// <summary>
/// Notes content that something let go of on this node: a manifest that named it was deleted, a tag moved away from it. A collector looks at it when it is due, long before its next full scan gets there. What
/// does not fit, and what a crash forgets, the scan finds.
/// </summary>
internal sealed class ReleasedContent
{
    private const int Capacity = 16_384;

    private readonly Channel<ContentPlace> _places = Channel.CreateBounded<ContentPlace>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Notes that something may be needed no more.</summary>
    public void Note(ContentPlace place) => _places.Writer.TryWrite(place);

    /// <summary>Takes the oldest note.</summary>
    public bool TryTake(out ContentPlace place) => _places.Reader.TryRead(out place);
}
