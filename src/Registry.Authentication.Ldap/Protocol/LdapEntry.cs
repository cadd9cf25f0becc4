namespace Registry.Authentication.Ldap.Protocol;

/// <summary>What a search found: a name and the values of the attributes that were asked for.</summary>
internal sealed record LdapEntry(string Dn, IReadOnlyDictionary<string, IReadOnlyList<string>> Attributes)
{
    public IReadOnlyList<string> this[string attribute] => Attributes.TryGetValue(attribute, out IReadOnlyList<string>? values) ? values : [];
}

/// <summary>What to search for.</summary>
/// <param name="Base">Where.</param>
/// <param name="IsBaseOnly">Whether only the entry of that name is looked at.</param>
/// <param name="Filter">What finds an entry.</param>
/// <param name="User">What <c>{user}</c> stands for.</param>
/// <param name="Dn">What <c>{dn}</c> stands for.</param>
/// <param name="Attributes">What is wanted of each entry.</param>
/// <param name="Limit">How many entries are taken at most; of more, the rest are left out.</param>
internal sealed record LdapSearch(string Base, bool IsBaseOnly, LdapFilter Filter, string User, string Dn, IReadOnlyList<string> Attributes, int Limit);
