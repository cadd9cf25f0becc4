namespace Registry.Model;

/// <summary>What a manifest is asked for by: a tag or a digest. A text with a colon is a digest, since no tag has one.</summary>
public readonly record struct Reference
{
    private readonly Tag? _tag;
    private readonly Digest? _digest;

    /// <summary>A reference by tag.</summary>
    /// <param name="tag">The tag.</param>
    public Reference(Tag tag) => _tag = tag;

    /// <summary>A reference by digest.</summary>
    /// <param name="digest">The digest.</param>
    public Reference(Digest digest) => _digest = digest;

    /// <summary>The tag, when it is one.</summary>
    public Tag? Tag => _tag;

    /// <summary>The digest, when it is one.</summary>
    public Digest? Digest => _digest;

    /// <summary>Parses a reference.</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The reference, where the text is one.</param>
    public static bool TryParse(ReadOnlySpan<char> s, out Reference result)
    {
        if (Model.Tag.TryParse(s, out Tag tag))
        {
            result = new Reference(tag);
            return true;
        }

        if (Model.Digest.TryParse(s, out Digest digest))
        {
            result = new Reference(digest);
            return true;
        }

        result = default;
        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => _tag?.ToString() ?? _digest?.ToString() ?? "";
}
