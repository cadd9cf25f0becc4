using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Clients;

/// <summary>A client as the tests use all of them: it makes an image of a recipe and pushes it, and it pulls.</summary>
public interface IImageClient : IAsyncDisposable
{
    /// <summary>
    /// Makes one image for each recipe and pushes them as <c>host/repository:tag</c>: a single image as itself, several
    /// (one for each architecture) under an index.
    /// </summary>
    Task<PushedImage> PushAsync(string repository, string tag, IReadOnlyList<ImageRecipe> recipes, CancellationToken cancellationToken);

    /// <summary>
    /// Pulls an image for an architecture, with nothing of it left from earlier, and reads what came. The reference is
    /// <c>host/repository:tag</c> or <c>host/repository@digest</c>.
    /// </summary>
    Task<ImageContent> PullAsync(string reference, string architecture, CancellationToken cancellationToken);
}

/// <summary>A client whose pushes can go to other registries of the run than the one that most tests share.</summary>
public interface IRegistryClient : IImageClient
{
    /// <summary>The same client, which pushes to another registry, named by host and port. What it runs on stays with the first.</summary>
    IImageClient At(string registry);
}

/// <summary>A client that can have a user name and password for its registry.</summary>
public interface ILoginClient : IImageClient
{
    /// <summary>
    /// Logs in as a person would. It fails when the registry refuses, with clients whose log-in asks it: those of containerd and the .NET SDK are told a user name and password, and
    /// fail with the first push or pull.
    /// </summary>
    Task LogInAsync(Login login, CancellationToken cancellationToken);
}
