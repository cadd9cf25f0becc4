using Registry.Content.Records;
using Registry.Content.Refs;
using Registry.Content.Released;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage;

namespace Registry.Content.Manifests;

/// <summary>Lets go of what a manifest named that is no more: its refs and its place among the referrers of its subject.</summary>
internal sealed class ManifestRelease(IObjectStore store, RefStore refs, ReleasedContent released)
{
    /// <summary>What a manifest's bytes name. What bytes name that are broken, nobody can tell: a recount of quotas puts that right.</summary>
    public static Digest[] NamedBy(ReadOnlyMemory<byte> content, string mediaType)
    {
        try
        {
            return [.. ManifestParser.Parse(content, mediaType).RequiredContent()];
        }
        catch (RegistryException)
        {
            return [];
        }
    }

    /// <summary>Lets go of what a generation that has ended named.</summary>
    public ValueTask ReleaseAsync(RepositoryName repository, Digest digest, ManifestRecord record, CancellationToken cancellationToken)
    {
        ManifestDocument document;
        try
        {
            document = ManifestParser.Parse(record.Content, record.MediaType);
        }
        catch (RegistryException)
        {
            // Its bytes were broken where they are stored. Its refs count for nothing any more, and a collector finds them.
            return default;
        }

        return ReleaseAsync(repository, digest, document, [.. document.RequiredContent()], record.Generation, cancellationToken);
    }

    /// <summary>The same after a push that lost a race, if its generation has ended.</summary>
    /// <remarks>
    /// Another push may have been at work on the same generation, and whoever ended that may have removed its refs before all of this push's were written. A generation that has ended never comes back, so that nobody
    /// else can want them.
    /// </remarks>
    public async ValueTask ReleaseIfEndedAsync(
        RepositoryName repository, Digest digest, ManifestDocument document, Digest[] required, string generation, Versioned<ManifestRecord>? current)
    {
        if (current is not { Record.State: not ManifestState.Deleted } || current.Record.Generation != generation)
        {
            await ReleaseAsync(repository, digest, document, required, generation, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask ReleaseAsync(
        RepositoryName repository, Digest digest, ManifestDocument document, Digest[] required, string generation, CancellationToken cancellationToken)
    {
        if (document.Subject is { } subject)
        {
            await store.DeleteAsync(ContentKeys.Referrer(repository, subject.Digest, digest, generation), cancellationToken).ConfigureAwait(false);
        }

        await refs.RemoveAsync(repository, digest, generation, required, cancellationToken).ConfigureAwait(false);
        foreach (Digest content in required)
        {
            released.Note(new ContentPlace(repository, content));
        }
    }
}
