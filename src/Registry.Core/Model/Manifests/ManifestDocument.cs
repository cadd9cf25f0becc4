namespace Registry.Model.Manifests;

/// <summary>What a registry needs to know of a manifest. The bytes themselves are kept verbatim beside it and never written anew.</summary>
internal sealed class ManifestDocument
{
    /// <summary>The type that the manifest is stored and served as, without parameters.</summary>
    public required string MediaType { get; init; }

    /// <summary>The config of an image manifest.</summary>
    public Descriptor? Config { get; init; }

    /// <summary>The layers of an image manifest.</summary>
    public IReadOnlyList<Descriptor> Layers { get; init; } = [];

    /// <summary>The children of an index.</summary>
    public IReadOnlyList<Descriptor> Manifests { get; init; } = [];

    /// <summary>What this manifest refers to, where its type defines that.</summary>
    public Descriptor? Subject { get; init; }

    /// <summary>
    /// The type under which this manifest is listed as a referrer: its own <c>artifactType</c>, else its config's media type
    /// (distribution-spec, "Listing Referrers").
    /// </summary>
    public string? ArtifactType { get; init; }

    /// <summary>The manifest's annotations, in the order they were written.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Every digest whose content a pull of this manifest needs from the registry, once each.</summary>
    public IEnumerable<Digest> RequiredContent()
    {
        IEnumerable<Digest> layers = Layers.Where(static layer => !MediaTypes.IsNonDistributable(layer.MediaType)).Select(static layer => layer.Digest);
        IEnumerable<Digest> config = Config is { } descriptor ? [descriptor.Digest] : [];
        return config.Concat(layers).Concat(Manifests.Select(static child => child.Digest)).Distinct();
    }
}
