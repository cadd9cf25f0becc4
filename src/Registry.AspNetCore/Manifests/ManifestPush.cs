using Microsoft.AspNetCore.Http;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Diagnostics;
using Registry.AspNetCore.Http;
using Registry.AspNetCore.Routing;
using Registry.Content.Manifests;
using Registry.Content.Tags;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;

namespace Registry.AspNetCore.Manifests;

/// <summary>Pushes manifests (distribution-spec, end-7a, end-7b).</summary>
internal static class ManifestPush
{
    // The specification asks for ten at least.
    private const int MaxTags = 100;

    public static async Task HandleAsync(RegistryRequest request)
    {
        (Digest? expected, IReadOnlyList<Tag> tags) = ReadTarget(request);
        if (expected is not null && await FindRefusalAsync(request, tags).ConfigureAwait(false) is { } verdict)
        {
            await Refusal.WriteAsync(request, verdict, RegistryAction.Push).ConfigureAwait(false);
            return;
        }

        using ManifestBody body = await ManifestBody.ReadAsync(request).ConfigureAwait(false);
        Digest digest = (expected?.Algorithm ?? DigestAlgorithm.Sha256).Compute(body.Content.Span);
        if (expected is { } said && said != digest)
        {
            await request.FailAsync(RegistryErrorCode.DigestInvalid, $"The manifest's digest is {digest}, not {said}.", said.Value).ConfigureAwait(false);
            return;
        }

        ManifestDocument document = ManifestParser.Parse(body.Content, MediaTypeHeader.Bare(request.Http.Request.ContentType));
        ArtifactTypes.ThrowIfNotAllowed(request.Feed!, document);
        var pointing = new Pointing(tags)
        {
            Condition = await ReadConditionAsync(request, tags, digest).ConfigureAwait(false),
            IsGuarded = request.Feed!.Tags.IsGuarded,
            By = await request.FindSenderAsync().ConfigureAwait(false),
        };
        await request.Content.Manifests.PutAsync(
            request.Repository, new StoredManifest(digest, document.MediaType, body.Content), document, pointing, request.Aborted).ConfigureAwait(false);
        request.Registry.Logger.ManifestPushed(request.Repository.Value, digest.Value);
        Answer(request, digest, document, expected is null ? [] : tags);
    }

    // The right to push by digest was asked for before; a host may decide tag by tag.
    private static async ValueTask<Verdict?> FindRefusalAsync(RegistryRequest request, IReadOnlyList<Tag> tags)
    {
        foreach (Tag tag in tags)
        {
            Verdict verdict = await request.DecideAsync(RegistryAction.Push, tag).ConfigureAwait(false);
            if (verdict != Verdict.Allowed)
            {
                return verdict;
            }
        }

        return null;
    }

    private static void Answer(RegistryRequest request, Digest digest, ManifestDocument document, IReadOnlyList<Tag> tags)
    {
        IHeaderDictionary headers = request.Response.Headers;
        headers.Location = request.Url($"manifests/{digest}");
        request.SetDigest(digest);
        if (document.Subject is { } subject)
        {
            // Tells the client that it need not keep a fallback tag.
            headers[RegistryHeaders.Subject] = subject.Digest.Value;
        }

        if (tags.Count > 0)
        {
            headers[RegistryHeaders.Tag] = string.Join(", ", tags);
        }

        request.Response.Empty(StatusCodes.Status201Created);
    }

    private static (Digest? Digest, IReadOnlyList<Tag> Tags) ReadTarget(RegistryRequest request)
    {
        string text = request.Route.Argument;
        if (!Reference.TryParse(text, out Reference reference))
        {
            throw text.Contains(':', StringComparison.Ordinal) ? RegistryRequest.InvalidDigest(text) : InvalidTag();
        }

        if (reference.Tag is { } tag)
        {
            return (null, [tag]);
        }

        Digest digest = reference.Digest!.Value;
        if (!digest.IsSupported)
        {
            throw new RegistryException(RegistryErrorCode.DigestInvalid, "The digest's algorithm is not supported; sha256 and sha512 are.", digest.Value);
        }

        var tags = new List<Tag>();
        foreach (string? wanted in request.Http.Request.Query["tag"])
        {
            tags.Add(Tag.TryParse(wanted, out Tag parsed) ? parsed : throw InvalidTag());
            if (tags.Count > MaxTags)
            {
                throw new BadHttpRequestException($"At most {MaxTags} tags can be pushed at once.", StatusCodes.Status414UriTooLong);
            }
        }

        return (digest, [.. tags.Distinct()]);
    }

    // Whether a tag is there is seen when it is moved, so that nobody comes between; here it is only said who may move it. That comes first: what would be refused without a condition is
    // refused with one (RFC 9110, section 13.2.1).
    private static async ValueTask<TagCondition> ReadConditionAsync(RegistryRequest request, IReadOnlyList<Tag> tags, Digest digest)
    {
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Tag tag in tags)
        {
            bool mayOverwrite = await request.AllowsAsync(RegistryAction.Overwrite, tag).ConfigureAwait(false);
            if (request.Feed!.Tags.WhyNotMoved(tag, mayOverwrite) is { } reason)
            {
                kept.Add(tag.Value, reason);
            }
        }

        return (kept.Count == 0 ? TagCondition.None : TagCondition.Keeps(kept, digest)).And(ManifestConditions.Read(request.Http.Request.Headers));
    }

    private static RegistryException InvalidTag() => new(
        RegistryErrorCode.TagInvalid, $"A tag has letters, digits, '_', '.' and '-', begins with none of the last two, and has at most {Tag.MaxLength} characters.");
}
