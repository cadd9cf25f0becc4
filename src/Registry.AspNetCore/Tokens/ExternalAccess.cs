using System.Security.Claims;
using System.Text.Json;
using Registry.AspNetCore.Routing;

namespace Registry.AspNetCore.Tokens;

/// <summary>
/// What the token of another token service can be used for: its <c>access</c> claim, a list of <c>{type, name, actions}</c> (Docker's token specification, "access"), which the scheme that validated it has put into the principal.
/// </summary>
internal static class ExternalAccess
{
    private const string ClaimType = "access";

    /// <summary>Reads it.</summary>
    /// <param name="principal">Whom the token is about.</param>
    /// <param name="view">How the names in it are meant.</param>
    /// <returns><see langword="null"/> where the token says nothing of it, and so narrows nothing.</returns>
    public static TokenAccess? Read(ClaimsPrincipal principal, in FeedView view)
    {
        List<TokenScope>? scopes = null;
        foreach (Claim claim in principal.FindAll(ClaimType))
        {
            scopes ??= [];
            try
            {
                using JsonDocument document = JsonDocument.Parse(claim.Value);
                Add(scopes, document.RootElement, view);
            }
            catch (JsonException)
            {
                // Not of this form: it opens nothing.
            }
        }

        return scopes is null ? null : new TokenAccess(scopes);
    }

    private static void Add(List<TokenScope> scopes, JsonElement element, in FeedView view)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                Add(scopes, item, view);
            }

            return;
        }

        if (element.ValueKind != JsonValueKind.Object
            || Text(element, "type") is not { } type
            || Text(element, "name") is not { } name
            || !element.TryGetProperty("actions", out JsonElement actions)
            || actions.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        IEnumerable<string?> words = actions.EnumerateArray().Where(static action => action.ValueKind == JsonValueKind.String).Select(static action => action.GetString());
        if (ScopeText.Parse($"{type}:{name}:{string.Join(',', words)}")?.ToTokenScope(view) is { } scope)
        {
            scopes.Add(scope);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
