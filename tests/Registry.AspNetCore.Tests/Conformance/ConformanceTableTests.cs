using System.Reflection;
using System.Text.RegularExpressions;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Conformance;

/// <summary>The table in <c>docs/conformance.md</c> says which tests show a clause; the tests say so by a trait.</summary>
public sealed partial class ConformanceTableTests
{
    private const string TestsNamespace = "Registry.AspNetCore.Tests.";

    [Fact]
    public async Task The_table_names_exactly_the_tests_that_carry_the_clauses_trait()
    {
        string text = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "docs", "conformance.md"), TestContext.Current.CancellationToken);

        Assert.Equal(Carried(), Written(text));
    }

    [Fact]
    public async Task Every_file_that_the_table_names_is_there()
    {
        string text = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "docs", "conformance.md"), TestContext.Current.CancellationToken);

        string[] files = [.. Rows(text).SelectMany(static row => Names(row.Groups["files"].Value)).Distinct()];

        Assert.All(files, static file => Assert.True(File.Exists(PathOf(file) + ".cs"), file));
    }

    private static string PathOf(string file) => file.StartsWith("Core/", StringComparison.Ordinal)
        ? Path.Combine(SourceTree.Root, "src", "Registry.Core", file["Core/".Length..])
        : Path.Combine(SourceTree.Root, "src", "Registry.AspNetCore", file);

    private static string[] Written(string text) =>
        [.. Rows(text).SelectMany(static row => Names(row.Groups["tests"].Value).Select(test => $"{row.Groups["clause"].Value} {test}")).Order(StringComparer.Ordinal)];

    private static string[] Carried() =>
    [
        .. typeof(ConformanceTableTests).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Append<MemberInfo>(type), static (type, member) => (type, member))
            .SelectMany(
                static found => found.member.GetCustomAttributes<TraitAttribute>(inherit: false).Where(static trait => trait.Name == "Protocol"),
                static (found, trait) => $"{trait.Value} {found.type.FullName![TestsNamespace.Length..].Replace('.', '/')}")
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    private static MatchCollection Rows(string text) => Row.Matches(text);

    private static IEnumerable<string> Names(string cell) => Name.Matches(cell).Select(static match => match.Groups[1].Value);

    [GeneratedRegex(@"^\| (?<clause>\S+) \| [^|\n]*(?:\\\|[^|\n]*)* \| (?<files>`[^|\n]*) \| (?<tests>`[^|\n]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row { get; }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name { get; }
}
