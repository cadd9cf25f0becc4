using Registry.Errors;
using Registry.Model;

namespace Registry.Content.Tags;

/// <summary>Which tags whoever deletes something may not delete.</summary>
/// <param name="find">Says how to refuse the deletion of a tag, or <see langword="null"/>.</param>
internal sealed class TagGuard(Func<Tag, ValueTask<RegistryException?>> find)
{
    /// <summary>Every tag may be deleted.</summary>
    public static TagGuard None { get; } = new(static _ => default);

    /// <summary>How to refuse the deletion of a tag, or of the manifest that it points at; <see langword="null"/> where it may go.</summary>
    public ValueTask<RegistryException?> FindRefusalAsync(Tag tag) => find(tag);
}
