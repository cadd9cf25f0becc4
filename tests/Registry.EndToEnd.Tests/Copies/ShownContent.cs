using System.Net.Http.Json;
using System.Text.Json;
using Registry.EndToEnd.Tests.Http;

namespace Registry.EndToEnd.Tests.Copies;

/// <summary>All that a registry shows: repositories, tags, and whatever they lead to, referrers too.</summary>
internal static class ShownContent
{
    /// <summary>Reads all of it, every byte against its digest. Two registries that show the same give equal lists.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(RegistryHttp registry, CancellationToken cancellationToken)
    {
        var catalog = await registry.Client.GetFromJsonAsync<JsonElement>("/v2/_catalog?n=1000", cancellationToken);
        var shown = new List<string>();
        foreach (var repository in catalog.GetProperty("repositories").EnumerateArray().Select(name => name.GetString()!))
        {
            shown.Add(repository);
            shown.AddRange(await ReadAsync(registry, repository, cancellationToken));
        }

        return shown;
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(RegistryHttp registry, string repository, CancellationToken cancellationToken)
    {
        var shown = new SortedSet<string>(StringComparer.Ordinal);
        var subjects = new Queue<string>();
        var seen = new HashSet<string>();
        foreach (var tag in await registry.GetTagsAsync(repository, cancellationToken))
        {
            shown.Add($"{repository}:{tag} is {(await registry.GetManifestAsync(repository, tag, cancellationToken)).Digest}");
            await PullAsync(tag);
        }

        while (subjects.TryDequeue(out var subject))
        {
            var referrers = await registry.Client.GetFromJsonAsync<JsonElement>($"/v2/{repository}/referrers/{subject}", cancellationToken);
            foreach (var referrer in referrers.GetProperty("manifests").EnumerateArray())
            {
                shown.Add($"{repository}@{subject} has the referrer {referrer.GetRawText()}");
                await PullAsync(referrer.GetProperty("digest").GetString()!);
            }
        }

        return [.. shown];

        async Task PullAsync(string reference)
        {
            foreach (var digest in await registry.PullWholeAsync(repository, reference, cancellationToken))
            {
                shown.Add($"{repository}@{digest}");
                if (seen.Add(digest))
                {
                    subjects.Enqueue(digest);
                }
            }
        }
    }
}
