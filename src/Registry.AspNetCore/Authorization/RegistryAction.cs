namespace Registry.AspNetCore.Authorization;

/// <summary>What a caller wants to do.</summary>
public enum RegistryAction
{
    /// <summary>Talk to the registry at all: the version check that clients begin with.</summary>
    Connect,

    /// <summary>Read manifests, blobs, tags and referrers of a repository, and mount its blobs elsewhere.</summary>
    Pull,

    /// <summary>Upload blobs, push manifests and move tags.</summary>
    Push,

    /// <summary>Delete tags, manifests and blobs.</summary>
    Delete,

    /// <summary>List the repositories. Each repository is shown only to those who may pull from it.</summary>
    List,
}
