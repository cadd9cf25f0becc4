using Registry.EndToEnd.Tests.Http;
using Registry.TestServers.Processes;

namespace Registry.EndToEnd.Tests.Crash;

/// <summary>Pushers side by side, each with a repository of its own, that share some layers and mount them from each other.</summary>
internal sealed class PusherGroup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Pusher[] _pushers;

    public PusherGroup(string prefix, int count, Random random)
    {
        var sharedLayers = Enumerable.Range(0, 4).Select(_ =>
        {
            var layer = new byte[200_000];
            random.NextBytes(layer);
            return layer;
        }).ToArray();
        _pushers = new Pusher[count];
        for (var i = 0; i < count; i++)
        {
            var next = (i + 1) % count;
            _pushers[i] = new Pusher($"{prefix}/{i}", new Random(random.Next()), sharedLayers, () => _pushers[next]);
        }
    }

    public IEnumerable<string> Repositories => _pushers.Select(pusher => pusher.Model.Name);

    public Task PushUntilKilledAsync(HttpClient client, Fuse fuse, CancellationToken cancellationToken) =>
        Task.WhenAll(_pushers.Select(pusher => pusher.PushUntilKilledAsync(client, fuse, cancellationToken)));

    public Task PushOnAsync(HttpClient client, Fuse fuse, Task stop, CancellationToken cancellationToken) =>
        Task.WhenAll(_pushers.Select(pusher => pusher.PushOnAsync(client, fuse, stop, cancellationToken)));

    public Task RetryAsync(HttpClient client, CancellationToken cancellationToken) =>
        Task.WhenAll(_pushers.Select(pusher => pusher.RetryAsync(client, Fuse.Never(), cancellationToken)));

    public Task VerifyAsync(RegistryHttp http, bool readAgain, CancellationToken cancellationToken) =>
        Task.WhenAll(_pushers.Select(pusher => pusher.Model.VerifyAsync(http, readAgain, cancellationToken)));

    /// <summary>Waits until each of them has pushed so many more images.</summary>
    public Task AdvanceAsync(int images, Task pushing, CancellationToken cancellationToken)
    {
        var goals = _pushers.Select(pusher => pusher.Images + images).ToArray();
        return Eventually.HoldsAsync(
            async _ =>
            {
                if (pushing.IsCompleted)
                {
                    await pushing;
                }

                return _pushers.Zip(goals).All(pair => pair.First.Images >= pair.Second);
            },
            Patience,
            () => $"each pusher pushes {images} more images: {this}",
            cancellationToken);
    }

    public override string ToString() =>
        $"{string.Join('+', _pushers.Select(pusher => pusher.Images))} images acknowledged, {_pushers.Sum(pusher => pusher.Interruptions)} interruptions, {_pushers.Sum(pusher => pusher.Model.Blobs.Count)} blobs";
}
