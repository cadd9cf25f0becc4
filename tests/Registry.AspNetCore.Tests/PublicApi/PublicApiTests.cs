using System.Reflection;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.PublicApi;

/// <summary>What is public is written down beside this file, so that a change to it is seen in review.</summary>
public sealed class PublicApiTests
{
    private const string UpdateVariable = "REGISTRY_UPDATE_PUBLIC_API";

    [Theory]
    [InlineData("Registry.Core")]
    [InlineData("Registry.AspNetCore")]
    [InlineData("Registry.Authentication.Ldap")]
    [InlineData("Registry.Storage.Azure")]
    [InlineData("Registry.Storage.S3")]
    [InlineData("Registry.Storage.Testing")]
    public async Task What_is_public_is_what_was_agreed(string assembly)
    {
        string file = Path.Combine(SourceTree.Root, "tests", "Registry.AspNetCore.Tests", "PublicApi", $"{assembly}.txt");
        string actual = ApiText.Of(Assembly.Load(assembly));
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            await File.WriteAllTextAsync(file, actual, TestContext.Current.CancellationToken);
        }

        string agreed = File.Exists(file) ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : "";
        string[] added = [.. Lines(actual).Except(Lines(agreed))];
        string[] removed = [.. Lines(agreed).Except(Lines(actual))];
        Assert.True(
            added.Length + removed.Length == 0,
            $"The public API of {assembly} changed. If it is meant to, run the tests with {UpdateVariable}=1 and commit {Path.GetFileName(file)}.\n"
            + string.Concat(removed.Select(static line => $"- {line}\n"))
            + string.Concat(added.Select(static line => $"+ {line}\n")));
        Assert.Equal(agreed.ReplaceLineEndings("\n"), actual);
    }

    [Fact]
    public void Registrations_are_found_without_further_usings()
    {
        Assembly library = typeof(DockerRegistryOptions).Assembly;
        string[] expected = ["Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.Extensions.DependencyInjection"];

        Assert.Equal(
            expected,
            library.GetExportedTypes()
                .Where(static type => type.Name.EndsWith("Extensions", StringComparison.Ordinal))
                .Select(static type => type.Namespace)
                .Distinct()
                .Order(StringComparer.Ordinal));
    }

    // A member's type is part of its line, so that two members which differ in it alone are two lines.
    private static IEnumerable<string> Lines(string text)
    {
        string type = "";
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            type = line.StartsWith(' ') ? type : line;
            yield return line.StartsWith(' ') ? $"{type}: {line.Trim()}" : line;
        }
    }
}
