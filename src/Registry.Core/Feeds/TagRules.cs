using Registry.Errors;
using Registry.Model;

namespace Registry.Feeds;

/// <summary>What a feed lets be done to its tags.</summary>
internal sealed class TagRules(Feed settings)
{
    private readonly NamePatterns _immutable = new(settings.ImmutableTags);
    private readonly NamePatterns _protected = new(settings.ProtectedTags);

    /// <summary>Whether a tag must not be deleted, by clients or by what tidies up.</summary>
    public bool IsProtected(Tag tag) => _protected.Matches(tag.Value);

    /// <summary>Whether some client, or all of them, must not delete a tag.</summary>
    public bool IsGuarded(Tag tag) => IsProtected(tag) || _immutable.Matches(tag.Value);

    /// <summary>Says why a caller may not move a tag that is there.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="mayOverwrite">Whether the caller has the right to move tags.</param>
    /// <returns>The reason, or <see langword="null"/> where the caller may.</returns>
    public string? WhyNotMoved(Tag tag, bool mayOverwrite)
    {
        if (_immutable.Find(tag.Value) is not { } pattern)
        {
            return mayOverwrite ? null : $"The tag '{tag}' is there already, and you have no right to move it to another manifest (Overwrite) here.";
        }

        string rule = $"The tag '{tag}' is there already and immutable here (pattern '{pattern}'): it can be pushed again with the same manifest only";
        return settings.ImmutableTagsExceptOverwrite
            ? mayOverwrite ? null : $"{rule}, unless you have the right to move it (Overwrite)."
            : $"{rule}. Push the manifest by another tag.";
    }

    /// <summary>Says why a caller may not delete a tag, nor the manifest that it points at.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="mayOverwrite">Whether the caller has the right to move the tag, which deleting it and pushing it again would come to.</param>
    /// <returns>How to refuse, or <see langword="null"/> where the caller may.</returns>
    public RegistryException? FindDeletionRefusal(Tag tag, bool mayOverwrite)
    {
        if (_protected.Find(tag.Value) is { } pattern)
        {
            return Refuse($"is protected here (pattern '{pattern}'): neither it nor the manifest that it points at can be deleted.");
        }

        if (_immutable.Find(tag.Value) is not { } fixing || (settings.ImmutableTagsExceptOverwrite && mayOverwrite))
        {
            return null;
        }

        string exception = settings.ImmutableTagsExceptOverwrite ? ", unless you have the right to move it (Overwrite)" : "";
        return Refuse($"is immutable here (pattern '{fixing}'): neither it nor the manifest that it points at can be deleted{exception}.");

        RegistryException Refuse(string why) => new(RegistryErrorCode.Denied, $"The tag '{tag}' {why}", tag.Value);
    }
}
