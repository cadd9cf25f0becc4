using System.Globalization;
using System.Text.RegularExpressions;

namespace Registry.Bench;

/// <summary>The command line.</summary>
internal sealed record Options
{
    public const string Usage = """
        bench/run.sh [options]
          --only REGEX        run only the rows whose name matches
          --quick             small sizes and one repeat: shows that everything works
          --repeat N          repeats of each row, 1 to 99 (3; with --quick 1)
          --data DIR          where the servers keep their data (a folder in the temporary directory); the run's own folder in there is
                              deleted at the end
          --store s3          keep all data in buckets of a Ceph that the run starts, instead of folders; the rows are others then
          --keep              leave the filled tag list and catalog in --data, and use them if they are there
          --results DIR       also write the report to a file in this folder
          --subject-url URL   measure a server that runs already instead of the sample host
          --peer-url URL      measure against a server that runs already
          --subject PROGRAM   the published sample host, or docker-registry to see how much the figures vary by themselves
          --peer PROGRAM      the peer (docker-registry)
          --sign-in-host PROGRAM  the published host of the rows about sign-in and feeds, which are left out without it
          --seed N            of the random content (taken from the clock)
          --list              print the names of the rows
        """;

    public Regex? Only { get; private set; }

    public bool Quick { get; private set; }

    public int? Repeat { get; private set; }

    public string Data { get; private set; } = Path.Combine(Path.GetTempPath(), "registry-bench");

    public bool Keep { get; private set; }

    /// <summary>Whether the servers keep their data in an object store.</summary>
    public bool OnObjectStore { get; private set; }

    public string? Results { get; private set; }

    public Uri? SubjectUrl { get; private set; }

    public Uri? PeerUrl { get; private set; }

    public string? Subject { get; private set; }

    public string Peer { get; private set; } = "docker-registry";

    /// <summary>The host of the rows about sign-in and feeds; null to leave them out.</summary>
    public string? SignInHost { get; private set; }

    public ulong? Seed { get; private set; }

    public bool List { get; private set; }

    public int Repeats => Repeat ?? (Quick ? 1 : 3);

    /// <exception cref="ArgumentException">An option is unknown or has no or a wrong value; the message says which.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var options = new Options();
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            switch (name)
            {
                case "--quick":
                    options.Quick = true;
                    break;
                case "--keep":
                    options.Keep = true;
                    break;
                case "--help":
                    throw new ArgumentException("The benchmark runs the same work against two servers and prints ratios.");
                case "--list":
                    options.List = true;
                    break;
                default:
                    if (i + 1 == arguments.Count)
                    {
                        throw new ArgumentException($"{name} is unknown or lacks a value.");
                    }

                    options.Set(name, arguments[++i]);
                    break;
            }
        }

        if (options.Subject is null && options.SubjectUrl is null && !options.List)
        {
            throw new ArgumentException("--subject or --subject-url says what to measure.");
        }

        foreach (var program in (string?[])[options.Subject, options.Peer, options.SignInHost])
        {
            // A name without a folder is looked up in PATH.
            if (program is not null && program.Contains('/', StringComparison.Ordinal) && !File.Exists(program))
            {
                throw new ArgumentException($"There is no program {program}.");
            }
        }

        return options;
    }

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "--only":
                Only = new Regex(value, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
                break;
            case "--repeat":
                Repeat = int.TryParse(value, CultureInfo.InvariantCulture, out var repeat) && repeat is >= 1 and <= 99
                    ? repeat
                    : throw new ArgumentException("--repeat is a number from 1 to 99.");
                break;
            case "--data":
                Data = Path.GetFullPath(value);
                break;
            case "--store":
                OnObjectStore = value == "s3" ? true : throw new ArgumentException("--store is s3.");
                break;
            case "--results":
                Results = Path.GetFullPath(value);
                break;
            case "--subject-url":
                SubjectUrl = Url(name, value);
                break;
            case "--peer-url":
                PeerUrl = Url(name, value);
                break;
            case "--subject":
                Subject = value;
                break;
            case "--peer":
                Peer = value;
                break;
            case "--sign-in-host":
                SignInHost = value;
                break;
            case "--seed":
                Seed = ulong.TryParse(value, CultureInfo.InvariantCulture, out var seed)
                    ? seed
                    : throw new ArgumentException("--seed is a number.");
                break;
            default:
                throw new ArgumentException($"{name} is unknown.");
        }
    }

    private static Uri Url(string name, string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp
            ? url
            : throw new ArgumentException($"{name} looks like http://host:port.");
}
