using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Quotas;

/// <summary>Pushes that the rules of a feed refuse.</summary>
internal static class Refused
{
    /// <summary>The clients whose users read what the registry has to say.</summary>
    public static readonly IReadOnlyList<string> Clients = [ImageClients.Docker, ImageClients.Podman, ImageClients.Skopeo];

    /// <summary>One of the clients, for one registry.</summary>
    public static async Task<IImageClient> ClientAsync(TestRun run, RegistryHost host, string name) =>
        await ImageClients.CreateAsync(run, name, new RegistryAccess(host.Name));

    /// <summary>The command fails; returns what it said.</summary>
    public static async Task<string> SaysAsync(Func<Task> command)
    {
        var refused = await Assert.ThrowsAsync<CommandFailedException>(command);
        return refused.Message.Split("--- the registry's log")[0];
    }

    /// <summary>The client cannot push an image; returns what it said.</summary>
    public static Task<string> SaysAsync(IImageClient client, string repository, string tag, ImageRecipe recipe) =>
        SaysAsync(() => client.PushAsync(repository, tag, [recipe], TestContext.Current.CancellationToken));
}
