using Registry.Content;

namespace Registry.AspNetCore;

/// <summary>How a registry behaves towards its clients.</summary>
public sealed class DockerRegistryOptions
{
    /// <summary>How content is kept: limits and periods.</summary>
    public ContentOptions Content { get; } = new();

    /// <summary>Whether clients may delete tags. On by default; when off, the answer is 405.</summary>
    public bool AllowTagDelete { get; set; } = true;

    /// <summary>Whether clients may delete manifests by digest. On by default; when off, the answer is 405.</summary>
    public bool AllowManifestDelete { get; set; } = true;

    /// <summary>Whether clients may delete blobs. On by default; when off, the answer is 405.</summary>
    public bool AllowBlobDelete { get; set; } = true;

    /// <summary>Whether the repositories can be listed at <c>_catalog</c>. On by default; when off, the answer is 404.</summary>
    public bool EnableCatalog { get; set; } = true;

    /// <summary>How many repositories a catalog page has when the client does not say: 100 by default, from 1 to <see cref="MaxPageSize"/>.</summary>
    public int CatalogPageSize { get; set; } = 100;

    /// <summary>The most names in a page that a client asks for: 10,000 by default, from 100 to 100,000. A larger wish gets this many and a link to the next page.</summary>
    public int MaxPageSize { get; set; } = 10_000;

    /// <summary>
    /// How often the pulls that were counted are written: every minute by default, from 1 second to 1 hour, and when the host stops. A host that crashes loses what it counted since it last wrote.
    /// </summary>
    public TimeSpan UsageInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>When pulls of blobs are sent on to the store that has the bytes.</summary>
    public BlobRedirectOptions BlobRedirects { get; } = new();

    /// <summary>What is done to keep the registry small and whole, and when.</summary>
    public MaintenanceOptions Maintenance { get; } = new();

    /// <summary>
    /// Texts that clients show to their users, sent as <c>Warning</c> headers with every answer (distribution-spec, "Warnings"). Printable characters, and all
    /// headers together at most 4,096 bytes.
    /// </summary>
    public IList<string> Warnings { get; } = [];

    /// <summary>Names every setting that is out of its range.</summary>
    internal IEnumerable<string> Validate()
    {
        foreach (string mistake in Content.Validate())
        {
            yield return $"{nameof(Content)}.{mistake}";
        }

        foreach (string mistake in BlobRedirects.Validate())
        {
            yield return $"{nameof(BlobRedirects)}.{mistake}";
        }

        foreach (string mistake in Maintenance.Validate())
        {
            yield return $"{nameof(Maintenance)}.{mistake}";
        }

        if (MaxPageSize is < 100 or > 100_000)
        {
            yield return $"{nameof(MaxPageSize)} is {MaxPageSize}; it must be from 100 to 100,000.";
        }

        if (CatalogPageSize < 1 || CatalogPageSize > MaxPageSize)
        {
            yield return $"{nameof(CatalogPageSize)} is {CatalogPageSize}; it must be from 1 to {nameof(MaxPageSize)} ({MaxPageSize}).";
        }

        if (UsageInterval < TimeSpan.FromSeconds(1) || UsageInterval > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(UsageInterval)} is {UsageInterval}; it must be from 1 second to 1 hour.";
        }

        foreach (string mistake in Http.WarningHeaders.Validate(Warnings))
        {
            yield return $"{nameof(Warnings)}: {mistake}";
        }
    }
}
