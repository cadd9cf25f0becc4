namespace Registry.AspNetCore.Authorization;

/// <summary>Who may do what, as code writes it. Whatever is denied to a caller stays denied, whatever else is allowed.</summary>
public sealed class GrantList
{
    private readonly List<(string To, string On, string[] Actions, bool Denies)> _lines = [];

    internal IReadOnlyList<(string To, string On, string[] Actions, bool Denies)> Lines => _lines;

    /// <summary>Allows something.</summary>
    /// <param name="to"><c>user:name</c>, <c>role:name</c>, <c>authenticated</c> (whoever has signed in), <c>anonymous</c> (whoever has not) or <c>everyone</c>.</param>
    /// <param name="on"><c>feed/repository</c> with wildcards (<c>*</c> for any characters, slashes too; <c>?</c> for one). A feed alone means all of it; the default feed's name is empty: <c>/library/*</c>.</param>
    /// <param name="actions">What; none means everything.</param>
    public GrantList Allow(string to, string on, params RegistryAction[] actions) => Add(to, on, actions, denies: false);

    /// <summary>Takes something away, whoever allows it.</summary>
    /// <param name="to">As for <see cref="Allow"/>.</param>
    /// <param name="on">As for <see cref="Allow"/>.</param>
    /// <param name="actions">What; none means everything.</param>
    public GrantList Deny(string to, string on, params RegistryAction[] actions) => Add(to, on, actions, denies: true);

    private GrantList Add(string to, string on, RegistryAction[] actions, bool denies)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(on);
        ArgumentNullException.ThrowIfNull(actions);
        _lines.Add((to, on, actions.Length == 0 ? ["*"] : [.. actions.Select(static action => action.ToString())], denies));
        return this;
    }
}
