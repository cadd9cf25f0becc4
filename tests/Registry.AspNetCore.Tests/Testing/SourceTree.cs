namespace Registry.AspNetCore.Tests.Testing;

/// <summary>The sources that the tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>The folder of the solution. Skips the test where the tests run away from their sources.</summary>
    public static string Root
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Registry.sln")))
            {
                folder = folder.Parent;
            }

            if (folder is null)
            {
                Assert.Skip("The tests run away from their sources.");
            }

            return folder.FullName;
        }
    }
}
