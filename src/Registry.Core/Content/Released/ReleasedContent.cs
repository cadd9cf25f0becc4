using System.Threading.Channels;
using Registry.Content.Refs;
using Registry.Model;

namespace Registry.Content.Released;

/// <summary>
/// Notes what a collector may find something to do at, long before its next full scan gets there: content that something let go of on this node, since a manifest that named it was deleted or a tag moved away from it, and
/// tags of which a reader saw that a deletion left something behind. What does not fit, and what a crash forgets, the scan finds.
/// </summary>
internal sealed class ReleasedContent
{
    private const int Capacity = 16_384;

    private readonly Channel<ContentPlace> _places = Channel.CreateBounded<ContentPlace>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<TagPlace> _tags = Channel.CreateBounded<TagPlace>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Notes that something may be needed no more.</summary>
    public void Note(ContentPlace place) => _places.Writer.TryWrite(place);

    /// <summary>Notes that something may be left of a tag that is not there.</summary>
    public void Note(TagPlace place) => _tags.Writer.TryWrite(place);

    /// <summary>Takes the oldest note of content.</summary>
    public bool TryTake(out ContentPlace place) => _places.Reader.TryRead(out place);

    /// <summary>Takes the oldest note of a tag.</summary>
    public bool TryTake(out TagPlace place) => _tags.Reader.TryRead(out place);
}

/// <summary>A tag of a repository.</summary>
internal readonly record struct TagPlace(RepositoryName Repository, Tag Tag);
