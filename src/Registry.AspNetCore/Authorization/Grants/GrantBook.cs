using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Registry.AspNetCore.Diagnostics;
using Registry.Feeds;

namespace Registry.AspNetCore.Authorization;

/// <summary>The grants of one registry as they are now: those of the host's code, and those of its configuration, which may change.</summary>
internal sealed class GrantBook : IDisposable
{
    private readonly GrantSources _sources;
    private readonly ILogger _logger;
    private readonly List<IDisposable> _registrations = [];
    private readonly Lock _lock = new();
    private volatile GrantTable _table = GrantTable.Empty;

    public GrantBook(GrantSources sources, ILogger logger)
    {
        _sources = sources;
        _logger = logger;
        Reload(first: true);
        foreach (IConfiguration section in sources.Sections)
        {
            _registrations.Add(ChangeToken.OnChange(section.GetReloadToken, () => Reload(first: false)));
        }
    }

    /// <summary>The grants.</summary>
    public GrantTable Current => _table;

    /// <summary>Whether the host said anything about grants.</summary>
    public bool IsUsed => _sources.Lists.Count > 0 || _sources.Sections.Count > 0;

    /// <summary>Names everything that is wrong with the grants as they are written now.</summary>
    public IReadOnlyList<string> FindMistakes(FeedTable feeds)
    {
        var mistakes = new List<string>();
        string[] known = [.. feeds.Feeds.Select(static feed => feed.Name)];
        foreach ((string where, Grant grant) in Read(mistakes))
        {
            if (GrantParser.FindUnknownFeed(grant, feeds, known) is { } mistake)
            {
                mistakes.Add($"{where}: {mistake}");
            }
        }

        return mistakes;
    }

    public void Dispose() => _registrations.ForEach(static registration => registration.Dispose());

    private void Reload(bool first)
    {
        lock (_lock)
        {
            var mistakes = new List<string>();
            Grant[] grants = [.. Read(mistakes).Select(static read => read.Grant)];
            if (mistakes.Count > 0 && !first)
            {
                // A half-read list could open what a line in it was to deny.
                _logger.GrantsRefused(string.Join(" ", mistakes));
                return;
            }

            _table = new GrantTable(grants);
        }
    }

    private List<(string Where, Grant Grant)> Read(List<string> mistakes)
    {
        var grants = new List<(string, Grant)>();
        foreach (GrantList list in _sources.Lists)
        {
            for (int i = 0; i < list.Lines.Count; i++)
            {
                (string to, string on, string[] actions, bool denies) = list.Lines[i];
                Add($"Grant {i + 1} ({to} on {on})", to, on, actions, denies);
            }
        }

        foreach (IConfiguration section in _sources.Sections)
        {
            foreach (IConfigurationSection line in section.GetChildren())
            {
                string? deny = line["Deny"];
                if (!bool.TryParse(deny ?? "false", out bool denies))
                {
                    mistakes.Add($"Grant '{line.Path}': Deny is '{deny}'; it must be true or false.");
                }

                foreach (string unknown in line.GetChildren().Select(static child => child.Key).Where(static key => !IsKnownKey(key)))
                {
                    mistakes.Add($"Grant '{line.Path}': '{unknown}' is no setting of a grant; To, On, Actions and Deny are.");
                }

                IConfigurationSection actions = line.GetSection("Actions");
                string[] names = actions.Value is { } text
                    ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    : [.. actions.GetChildren().Select(static child => child.Value ?? "")];
                Add($"Grant '{line.Path}'", line["To"], line["On"], names, denies);
            }
        }

        return grants;

        void Add(string where, string? to, string? on, string[] actions, bool denies)
        {
            var own = new List<string>();
            if (GrantParser.Parse(to, on, actions, denies, own) is { } grant)
            {
                grants.Add((where, grant));
            }

            mistakes.AddRange(own.Select(mistake => $"{where}: {mistake}"));
        }
    }

    private static bool IsKnownKey(string key) =>
        key.Equals("To", StringComparison.OrdinalIgnoreCase) || key.Equals("On", StringComparison.OrdinalIgnoreCase)
        || key.Equals("Actions", StringComparison.OrdinalIgnoreCase) || key.Equals("Deny", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Where the grants of one registry are written.</summary>
internal sealed class GrantSources
{
    public List<GrantList> Lists { get; } = [];

    public List<IConfiguration> Sections { get; } = [];
}
