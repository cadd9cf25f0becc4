using System.Text.RegularExpressions;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.SignIn;

/// <summary>What clients say when a registry refuses them.</summary>
internal static partial class Refusal
{
    /// <summary>The command fails, and says that it was for want of a right or of the right credentials.</summary>
    public static async Task OfAsync(Func<Task> command)
    {
        var refused = await Assert.ThrowsAsync<CommandFailedException>(command);
        var said = refused.Message.Split("--- the registry's log")[0];
        Assert.True(Words().IsMatch(said), refused.Message);
    }

    [GeneratedRegex(@"\b40[13]\b|unauthorized|Forbidden|denied|authentication required|CONTAINER1\d\d\d", RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
