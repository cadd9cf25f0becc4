namespace Registry.AspNetCore.Maintenance;

/// <summary>
/// Goes round stores or feeds, beginning with the one at which the round before was stopped. Whoever has not time enough for all, in a daily window, would never reach the last ones otherwise.
/// </summary>
internal sealed class Turns
{
    private string? _at;

    /// <summary>Does something with each, one after the other. Only one round may be under way.</summary>
    /// <param name="names">What they are called.</param>
    /// <param name="action">What is done. An exception ends the round, and the next one begins here.</param>
    public async ValueTask RunAsync(IReadOnlyCollection<string> names, Func<string, ValueTask> action)
    {
        string[] order = [.. names.SkipWhile(name => name != _at), .. names.TakeWhile(name => name != _at)];
        foreach (string name in order)
        {
            _at = name;
            await action(name).ConfigureAwait(false);
        }

        _at = null;
    }
}
