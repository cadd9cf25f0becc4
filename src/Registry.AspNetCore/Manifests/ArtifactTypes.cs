using Registry.Errors;
using Registry.Feeds;
using Registry.Model.Manifests;

namespace Registry.AspNetCore.Manifests;

/// <summary>Which kinds of artifacts a feed takes.</summary>
internal static class ArtifactTypes
{
    /// <exception cref="RegistryException">The feed takes none of this type.</exception>
    public static void ThrowIfNotAllowed(ActiveFeed feed, ManifestDocument document)
    {
        IList<string> allowed = feed.Settings.ArtifactTypes;
        if (allowed.Count == 0 || document.ArtifactType is not { } type || allowed.Any(pattern => Wildcard.Matches(pattern, type)))
        {
            return;
        }

        throw new RegistryException(RegistryErrorCode.Denied, $"This feed takes no artifacts of type '{type}', but {string.Join(", ", allowed)}.", type);
    }
}
