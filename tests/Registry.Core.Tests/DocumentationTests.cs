using System.Text.RegularExpressions;

namespace Registry;

public sealed partial class DocumentationTests
{
    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md").Select(path => Path.GetFileName(path))];

    private static string Root { get; } = FindRoot();

    /// <summary>A code block under <c>&lt;!-- from some/file.cs --&gt;</c> is in that file word for word, so it compiles.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void Code_that_a_page_quotes_is_in_the_file_that_it_names(string page)
    {
        foreach (Match quote in Quotes().Matches(ReadText("docs", page)))
        {
            Assert.Contains(quote.Groups["code"].Value, ReadText(quote.Groups["file"].Value), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_page_on_stores_quotes_code() => Assert.Equal(2, Quotes().Count(ReadText("docs", "writing-a-store.md")));

    [GeneratedRegex(@"<!-- from (?<file>\S+) -->\n+```csharp\n(?<code>.+?)```", RegexOptions.Singleline)]
    private static partial Regex Quotes();

    private static string ReadText(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path])).ReplaceLineEndings("\n");

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Registry.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("The tests do not run below the solution's folder.");
        }

        return folder;
    }
}
