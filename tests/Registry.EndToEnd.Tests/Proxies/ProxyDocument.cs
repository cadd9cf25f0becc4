using System.Reflection;
using System.Text.RegularExpressions;

namespace Registry.EndToEnd.Tests.Proxies;

/// <summary>
/// What <c>docs/behind-a-proxy.md</c> tells people to write. The proxies in the tests are set up with just that: a line that the documentation loses, the tests lose too. Only addresses and
/// files are put in place of those that the text has as examples.
/// </summary>
internal static partial class ProxyDocument
{
    public const string ServerName = "registry.example.com";

    /// <summary>The path that the app itself knows of.</summary>
    public const string Prefix = "/apps/registry";

    /// <summary>The path that the proxy cuts off.</summary>
    public const string CutPrefix = "/cut/registry";

    private const string Location = "    location / {";
    private const string Upstream = "http://127.0.0.1:5000";

    private static readonly string Text = File.ReadAllText(Path.Combine(
        typeof(ProxyDocument).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Documents").Value!,
        "behind-a-proxy.md"));

    /// <summary>nginx's <c>server</c>.</summary>
    public static string Server => Block("nginx", 0);

    /// <summary>What has nginx ask for a password.</summary>
    public static string Password => Block("nginx", 1);

    /// <summary>A location below a path that is passed on.</summary>
    public static string PrefixLocation => Block("nginx", 2);

    /// <summary>A location below a path that is cut off.</summary>
    public static string CutLocation => Block("nginx", 3);

    /// <summary>containerd's settings for a mirror below a path.</summary>
    public static string Hosts => Block("toml", 0);

    /// <summary>The <c>server</c> with other lines in it.</summary>
    public static string ServerWith(string lines) => Put(Server, Location, lines + Location);

    /// <summary>Text of the documentation with something of the test's in place of an example, which has to be there.</summary>
    public static string Put(string text, string example, string actual)
    {
        Assert.Contains(example, text, StringComparison.Ordinal);
        return text.Replace(example, actual, StringComparison.Ordinal);
    }

    /// <summary>A <c>server</c> with its address, certificate and upstream filled in.</summary>
    public static string Fill(string server, string listen, TestServers.Certificates.CertificateFiles certificate, string upstream)
    {
        server = Put(server, "listen 443 ssl;", $"listen {listen} ssl;");
        server = Put(server, "/etc/nginx/registry.pem", certificate.Certificate);
        server = Put(server, "/etc/nginx/registry.key", certificate.Key);
        // A socket's name ends at a colon when a path follows.
        server = server.Replace($"{Upstream}/;", upstream.StartsWith("http://unix:", StringComparison.Ordinal) ? $"{upstream}:/;" : $"{upstream}/;", StringComparison.Ordinal);
        server = server.Replace($"{Upstream};", $"{upstream};", StringComparison.Ordinal);
        Assert.Contains($"proxy_pass {upstream}", server, StringComparison.Ordinal);
        Assert.DoesNotContain(Upstream, server, StringComparison.Ordinal);
        return server;
    }

    private static string Block(string language, int index) =>
        Blocks().Where(match => match.Groups[1].Value == language).ElementAt(index).Groups[2].Value;

    private static MatchCollection Blocks() => Fence().Matches(Text);

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
