using Xunit;

namespace Registry.Storage.Testing;

/// <summary>
/// Supplies the contract suite with one place to keep objects in: an empty folder, bucket or container that nothing else uses.
/// An adapter's tests derive from it, make the place in <see cref="InitializeAsync"/> and take it away in <see cref="DisposeAsync"/>.
/// </summary>
public abstract class ObjectStoreFixture : IAsyncLifetime
{
    /// <summary>How many rounds each race is run for. Races are lost by luck: more rounds find more.</summary>
    public virtual int RaceRounds => 40;

    /// <summary>How many keys the large listing has.</summary>
    public virtual int ManyKeys => 2500;

    /// <summary>How many bytes the largest upload has. Several times the store's own part size is a good choice.</summary>
    public virtual int LargeUploadBytes => 40 * 1024 * 1024;

    /// <summary>
    /// Whether the stores delete conditionally (<see cref="IConditionalDeletes"/>), with the server that they are tested on. The suite checks that they say the same, and tests
    /// that ability only where they have it.
    /// </summary>
    public virtual bool DeletesConditionally => false;

    /// <summary>Whether the stores list unfinished uploads (<see cref="IUnfinishedUploads"/>). The suite checks that it is so, and tests that ability only where they have it.</summary>
    public virtual bool ListsUnfinishedUploads => false;

    /// <summary>
    /// Opens one more instance over the place, as another process would have it: nothing but the place itself is shared with the instances before.
    /// The suite disposes each when its test ends, if it is disposable.
    /// </summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <remarks>Where the machine lacks what the store needs, <see cref="Assert.Skip(string)"/> with the reason here skips the tests.</remarks>
    public abstract ValueTask<IObjectStore> OpenStoreAsync(CancellationToken cancellationToken);

    /// <summary>Makes the place.</summary>
    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Takes the place away, with all that the tests left in it.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
