using System.Runtime.CompilerServices;
using Registry.Content;
using Registry.Maintenance.Quotas;
using Registry.Storage;

namespace Registry.Maintenance.Copying;

/// <summary>Which keys are copied as what they are, which are written anew in the target, and which are a store's own affair.</summary>
internal static class CopyKeys
{
    public const string AuthenticationPrefix = "auth/";

    // Under way in the source, about the source, or dealt with by themselves.
    private static readonly string[] Skipped =
        [AuthenticationPrefix, ContentKeys.BlobsPrefix, ContentKeys.CatalogPrefix, ContentKeys.DataPrefix, ContentKeys.MaintenancePrefix, "quarantine/", ContentKeys.RefsPrefix, ContentKeys.RepositoriesPrefix, ContentKeys.UploadsPrefix];

    /// <summary>Lists the keys of features that are not known here.</summary>
    public static async IAsyncEnumerable<string> ListOthersAsync(this IObjectStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (string key in store.ListAsync("", static key => Skipped.FirstOrDefault(prefix => key.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix ? prefix + "~" : null, cancellationToken).ConfigureAwait(false))
        {
            // When quotas were last counted says nothing of a copy that was taken while content came and went.
            if (key is not (ContentKeys.Format or QuotaVerification.Key))
            {
                yield return key;
            }
        }
    }

    /// <summary>Lists what repositories have, without the markers, which follow from records.</summary>
    public static IAsyncEnumerable<string> ListRepositoriesAsync(this IObjectStore store, CancellationToken cancellationToken) =>
        store.ListAsync(
            ContentKeys.RepositoriesPrefix,
            static key => ContentKeys.TryParseRepository(key, out _, out string section) && section is "referrers" or "tag-names" or "tagged" ? ContentKeys.AfterSection(key) : null,
            cancellationToken);

    private static async IAsyncEnumerable<string> ListAsync(this IObjectStore store, string prefix, Func<string, string?> jump, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        bool more = true;
        while (more)
        {
            KeyPage page = await store.ListAsync(prefix, after, ObjectStoreLimits.MaxPageKeys, cancellationToken).ConfigureAwait(false);
            more = page.HasMore;
            foreach (string key in page.Keys)
            {
                if (after is not null && string.CompareOrdinal(key, after) <= 0)
                {
                    continue; // In the part that was jumped over.
                }

                after = key;
                if (jump(key) is { } beyond)
                {
                    after = beyond;
                }
                else
                {
                    yield return key;
                }
            }
        }
    }
}
