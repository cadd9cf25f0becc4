namespace Registry.AspNetCore.Authorization;

/// <summary>What a caller wants to do.</summary>
public enum RegistryAction
{
    /// <summary>Talk to the registry at all: the version check that clients begin with.</summary>
    Connect,

    /// <summary>Read manifests, blobs, tags and referrers of a repository, and mount its blobs elsewhere.</summary>
    Pull,

    /// <summary>Upload blobs, push manifests and make new tags.</summary>
    Push,

    /// <summary>Move a tag that is there to another manifest. Asked for, with the tag, beside <see cref="Push"/>.</summary>
    Overwrite,

    /// <summary>Delete tags, manifests and blobs.</summary>
    Delete,

    /// <summary>List the repositories. Each repository is shown only to those who may pull it and list it.</summary>
    List,

    /// <summary>Look after a feed: what the host's own pages and programs do. No request of the registry's protocol needs it.</summary>
    Administer,
}
