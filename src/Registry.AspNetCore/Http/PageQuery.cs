using System.Globalization;
using Microsoft.AspNetCore.Http;
using Registry.Errors;

namespace Registry.AspNetCore.Http;

/// <summary>The <c>n</c> and <c>last</c> of a listing.</summary>
/// <param name="Limit">How many names are wanted, or <see langword="null"/> when the client does not say.</param>
/// <param name="Last">The last name that the client has seen, which need not exist.</param>
internal readonly record struct PageQuery(int? Limit, string? Last)
{
    /// <exception cref="RegistryException"><c>n</c> is no whole number.</exception>
    public static PageQuery Read(HttpRequest request, int max)
    {
        string? last = request.Query["last"];
        last = string.IsNullOrEmpty(last) ? null : last;
        if (!request.Query.TryGetValue("n", out var values))
        {
            return new PageQuery(null, last);
        }

        ReadOnlySpan<char> text = values.ToString();
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9'))
        {
            throw new RegistryException(RegistryErrorCode.PaginationNumberInvalid, "The query parameter n is a whole number, 0 or more.");
        }

        bool small = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n);
        return new PageQuery(small ? Math.Min(n, max) : max, last);
    }

    /// <summary>The Link to the next page (RFC 8288).</summary>
    public static string Next(string url, int limit, string last) =>
        string.Create(CultureInfo.InvariantCulture, $"<{url}?n={limit}&last={Uri.EscapeDataString(last)}>; rel=\"next\"");
}
