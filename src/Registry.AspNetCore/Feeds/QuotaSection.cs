using System.Globalization;
using Microsoft.Extensions.Configuration;
using Registry.Feeds;

namespace Registry.AspNetCore.Feeds;

/// <summary>Reads a quota from configuration.</summary>
internal static class QuotaSection
{
    public static StorageQuota Read(IConfigurationSection section, List<string> mistakes)
    {
        var quota = new StorageQuota();
        foreach (IConfigurationSection setting in section.GetChildren())
        {
            bool isBytes = string.Equals(setting.Key, nameof(StorageQuota.Bytes), StringComparison.OrdinalIgnoreCase);
            if (!isBytes && !string.Equals(setting.Key, nameof(StorageQuota.Tags), StringComparison.OrdinalIgnoreCase))
            {
                mistakes.Add($"'{setting.Path}' is no setting of a quota.");
            }
            else if (!TryRead(setting.Value, out long? value))
            {
                mistakes.Add($"'{setting.Path}' is '{setting.Value}', which is no number of {(isBytes ? "bytes" : "tags")}.");
            }
            else if (isBytes)
            {
                quota.Bytes = value;
            }
            else
            {
                quota.Tags = value;
            }
        }

        return quota;
    }

    private static bool TryRead(string? text, out long? value)
    {
        value = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
        return value is not null || string.IsNullOrEmpty(text);
    }
}
