using System.Text.RegularExpressions;

namespace Registry.AspNetCore.Tests.Testing;

internal static partial class Links
{
    /// <summary>The address of the next page as a client reads it, or <see langword="null"/> where there is none.</summary>
    public static string? NextPage(this HttpResponseMessage response)
    {
        if (response.Header("Link") is not { } link)
        {
            return null;
        }

        Match match = Link().Match(link);
        Assert.True(match.Success, $"'{link}' is not a link to a path of this host.");
        return match.Groups["url"].Value;
    }

    [GeneratedRegex("^<(?<url>/[^/][^> ]*)>; rel=\"next\"$")]
    private static partial Regex Link();
}
