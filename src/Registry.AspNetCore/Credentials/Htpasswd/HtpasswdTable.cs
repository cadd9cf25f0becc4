using System.Collections.Frozen;
using System.Globalization;
using System.Security.Claims;
using System.Text.RegularExpressions;
using Registry.AspNetCore.Credentials.Chain;

namespace Registry.AspNetCore.Credentials.Htpasswd;

/// <summary>The users of one version of a password file.</summary>
internal sealed partial class HtpasswdTable
{
    private const int DefaultCost = 10;
    private const int MaxCost = 16;

    private readonly FrozenDictionary<string, string> _hashes;

    private HtpasswdTable(FrozenDictionary<string, string> hashes, int cost)
    {
        _hashes = hashes;

        // The characters after the cost are a salt and a hash that nobody has a password for.
        DummyHash = string.Create(CultureInfo.InvariantCulture, $"$2y${cost:D2}$abcdefghijklmnopqrstuu{new string('.', 31)}");
    }

    public static HtpasswdTable Empty { get; } = new(FrozenDictionary<string, string>.Empty, DefaultCost);

    public int Count => _hashes.Count;

    /// <summary>A hash that no password has, at the highest cost in the file, so that an unknown user takes as long as a known one.</summary>
    public string DummyHash { get; }

    public string? FindHash(string userName) => _hashes.GetValueOrDefault(userName);

    /// <summary>Reads a file's text. What is wrong is named by its line; of the line itself only the user name is shown, since the rest may be a password.</summary>
    public static HtpasswdTable Parse(string text, ICollection<string> mistakes)
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        int highest = 0;
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            ReadOnlySpan<char> line = raw.Trim();
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            int colon = line.IndexOf(':');
            if (colon < 0)
            {
                mistakes.Add($"line {number}: it is no 'name:hash'.");
                continue;
            }

            string name = line[..colon].ToString();
            string hash = line[(colon + 1)..].ToString();
            int cost = 0;
            string? mistake = RegistryUserName.FindMistake(name)
                ?? (!Bcrypt().IsMatch(hash) ? "its hash is not bcrypt; make it with 'htpasswd -B'"
                : !int.TryParse(hash.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out cost) || cost is < 4 or > MaxCost ? $"its cost is {hash.AsSpan(4, 2)}; it must be from 4 to {MaxCost}"
                : null);
            if (mistake is null && !hashes.TryAdd(name, hash))
            {
                mistake = "it is there twice";
            }

            if (mistake is not null)
            {
                mistakes.Add($"line {number}, user '{RegistryUserName.Show(name)}': {mistake}.");
            }

            highest = Math.Max(highest, cost);
        }

        return new HtpasswdTable(hashes.ToFrozenDictionary(StringComparer.Ordinal), hashes.Count > 0 ? highest : DefaultCost);
    }

    public ClaimsIdentity? FindIdentity(string validator, string userName) =>
        FindHash(userName) is { } hash ? UserIdentity.Create(validator, userName, [], UserIdentity.StampOf(validator, hash)) : null;

    [GeneratedRegex(@"\A\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Bcrypt();
}
