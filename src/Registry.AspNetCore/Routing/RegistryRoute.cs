using Registry.AspNetCore.SignIn;

namespace Registry.AspNetCore.Routing;

internal enum RouteKind
{
    /// <summary>Nothing of the protocol.</summary>
    None,

    /// <summary>The version check.</summary>
    Base,

    /// <summary>The token service.</summary>
    Token,
    Catalog,
    TagList,
    Manifest,
    Referrers,
    Blob,
    StartUpload,
    Upload,
}

/// <summary>What a path asks for. Names and arguments are as they came, not yet validated.</summary>
/// <param name="Kind">The kind of resource.</param>
/// <param name="Name">The repository's name.</param>
/// <param name="Argument">A tag, a digest or an upload's id.</param>
internal readonly record struct RegistryRoute(RouteKind Kind, string Name = "", string Argument = "")
{
    private const string TagListSuffix = "/tags/list";
    private const string StartUploadSuffix = "/blobs/uploads";

    /// <summary>
    /// Parses the part of a path after the prefix. It is read from the right, since names contain slashes and may contain the words that the protocol
    /// uses (distribution-spec, "Endpoints").
    /// </summary>
    public static RegistryRoute Parse(ReadOnlySpan<char> path)
    {
        switch (path)
        {
            case "":
                return new RegistryRoute(RouteKind.Base);
            case "_catalog":
                return new RegistryRoute(RouteKind.Catalog);
            case RegistryAuthority.Path:
                return new RegistryRoute(RouteKind.Token);
        }

        if (path.EndsWith(TagListSuffix, StringComparison.Ordinal))
        {
            return new RegistryRoute(RouteKind.TagList, path[..^TagListSuffix.Length].ToString());
        }

        ReadOnlySpan<char> withoutSlash = path[^1] == '/' ? path[..^1] : path;
        if (withoutSlash.EndsWith(StartUploadSuffix, StringComparison.Ordinal))
        {
            return new RegistryRoute(RouteKind.StartUpload, withoutSlash[..^StartUploadSuffix.Length].ToString());
        }

        if (!TrySplit(path, out ReadOnlySpan<char> rest, out ReadOnlySpan<char> argument) || !TrySplit(rest, out ReadOnlySpan<char> name, out ReadOnlySpan<char> word))
        {
            return default;
        }

        RouteKind kind = word switch
        {
            "manifests" => RouteKind.Manifest,
            "referrers" => RouteKind.Referrers,
            "blobs" => RouteKind.Blob,
            "uploads" => RouteKind.Upload,
            _ => RouteKind.None,
        };
        if (kind == RouteKind.Upload && !(TrySplit(name, out name, out word) && word is "blobs"))
        {
            kind = RouteKind.None;
        }

        return kind == RouteKind.None || argument.IsEmpty ? default : new RegistryRoute(kind, name.ToString(), argument.ToString());
    }

    private static bool TrySplit(ReadOnlySpan<char> path, out ReadOnlySpan<char> left, out ReadOnlySpan<char> right)
    {
        int slash = path.LastIndexOf('/');
        left = slash < 0 ? default : path[..slash];
        right = path[(slash + 1)..];
        return slash >= 0;
    }
}
