namespace Registry.AspNetCore.Credentials.Chain;

/// <summary>What a user may be called.</summary>
internal static class RegistryUserName
{
    public const int MaxLength = 255;
    public const int MaxPasswordLength = 4096;

    /// <summary>The user name that API keys are sent with. Nobody else may have it.</summary>
    public const string ApiKeys = "api";

    /// <summary>Whether a client may sign in by a name.</summary>
    public static bool IsAcceptable(string name) => name.Length is > 0 and <= MaxLength && !HasControlCharacter(name);

    /// <summary>What is wrong with the name of a user that somebody configures; <see langword="null"/> when nothing is.</summary>
    public static string? FindMistake(string name) =>
        name.Length is 0 or > MaxLength ? $"its name must have 1 to {MaxLength} characters"
        : HasControlCharacter(name) ? "its name has control characters"
        : name.Contains(':', StringComparison.Ordinal) ? "its name has a colon, which ends the user name in what clients send"
        : string.Equals(name, ApiKeys, StringComparison.Ordinal) ? $"the name '{ApiKeys}' is kept for API keys"
        : null;

    /// <summary>A name as it can be shown in a message.</summary>
    public static string Show(string name) =>
        string.Concat(name.Length > 64 ? name.AsSpan(0, 64) : name, name.Length > 64 ? "…" : "").Replace(static c => char.IsControl(c), '?');

    private static bool HasControlCharacter(string name) => name.AsSpan().ContainsAnyInRange('\u0000', '\u001f') || name.AsSpan().ContainsAnyInRange('\u007f', '\u009f');

    private static string Replace(this string text, Predicate<char> unwanted, char by) => string.Create(text.Length, (text, unwanted, by), static (span, state) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = state.unwanted(state.text[i]) ? state.by : state.text[i];
        }
    });
}
