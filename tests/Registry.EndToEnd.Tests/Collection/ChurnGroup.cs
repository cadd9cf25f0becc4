using Registry.EndToEnd.Tests.Crash;
using Registry.EndToEnd.Tests.Http;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Collection;

/// <summary>Clients side by side, each with a repository of its own, that push the same images and mount from each other.</summary>
internal sealed class ChurnGroup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Churner[] _churners;

    public ChurnGroup(string prefix, int count, Random random, TimeSpan staleFor = default)
    {
        var pool = new ImagePool(random);
        _churners = [.. Enumerable.Range(0, count).Select(i => new Churner($"{prefix}/{i}", new Random(random.Next()), pool, () => $"{prefix}/{(i + 1) % count}", staleFor))];
    }

    /// <summary>How many images were acknowledged.</summary>
    public int Pushed => _churners.Sum(churner => churner.Pushed);

    /// <summary>How many deletions were.</summary>
    public int Deleted => _churners.Sum(churner => churner.Deleted);

    /// <summary>How many images were pulled whole.</summary>
    public int Verified => _churners.Sum(churner => churner.Model.Verified);

    public Task WorkAsync(RegistryHttp http, Fuse fuse, bool goesOn, Task stop, CancellationToken cancellationToken) =>
        Task.WhenAll(_churners.Select(churner => churner.WorkAsync(http, fuse, goesOn, stop, cancellationToken)));

    public Task TakeUpAsync(RegistryHttp http, CancellationToken cancellationToken) =>
        Task.WhenAll(_churners.Select(churner => churner.TakeUpAsync(http, Fuse.Never(), cancellationToken)));

    public Task VerifyAsync(RegistryHttp http, CancellationToken cancellationToken) =>
        Task.WhenAll(_churners.Select(churner => churner.Model.VerifyAsync(http, cancellationToken)));

    public Task DeleteAllAsync(RegistryHttp http, Random random, CancellationToken cancellationToken) =>
        Task.WhenAll(_churners.Select(churner => churner.Model.DeleteAllAsync(http, new Random(random.Next()), cancellationToken)));

    /// <summary>Waits until some more images are pushed.</summary>
    public async Task AdvanceAsync(Task working, CancellationToken cancellationToken)
    {
        var goal = Pushed + _churners.Length;
        await Eventually.HoldsAsync(_ => Task.FromResult(working.IsCompleted || Pushed >= goal), Patience, () => $"more images are pushed: {this}", cancellationToken);
        if (working.IsCompleted)
        {
            await working;
        }
    }

    public override string ToString() =>
        $"{Pushed} images pushed, {Deleted} deletions, {Verified} images verified, {_churners.Sum(churner => churner.Repeated)} repetitions";
}
