using System.Diagnostics;
using System.Text;
using Registry.Content;
using Registry.Content.Manifests;
using Registry.Content.Tags;
using Registry.Errors;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage;
using Registry.Storage.Testing;

namespace Registry.TagHistories;

/// <summary>What several clients at once see of one tag, through two nodes over one store: whether it could have happened one after the other.</summary>
/// <param name="fixture">Where the stores come from.</param>
public abstract class ConcurrentTagHistories(ObjectStoreFixture fixture)
{
    private const int Workers = 4;
    private const int Actions = 7;

    private static readonly StoredManifest[] s_manifests = [Manifest("zero"), Manifest("one"), Manifest("two")];
    private static readonly Tag s_tag = Tag.Parse("latest");

    // Nothing is remembered: what a node remembers it may serve for a while after another deleted it.
    private static readonly ContentOptions s_options = new() { CacheLifetime = TimeSpan.Zero };

    /// <summary>How many histories are made.</summary>
    protected virtual int Rounds => 30;

    private static CancellationToken Cancel => Xunit.TestContext.Current.CancellationToken;

    [Xunit.Fact]
    public async Task Whatever_clients_see_of_a_tag_could_have_happened_one_after_the_other()
    {
        using var one = new ContentRoot(await fixture.OpenStoreAsync(Cancel), s_options, TimeProvider.System);
        using var other = new ContentRoot(await fixture.OpenStoreAsync(Cancel), s_options, TimeProvider.System);
        string run = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray())[..8];
        int overlaps = 0;
        for (int round = 0; round < Rounds; round++)
        {
            var repository = RepositoryName.Parse($"histories/{run}/{round}");
            var history = new List<TagEvent>();
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(worker % 2 == 0 ? one : other, repository, history, new Random((round * Workers) + worker)), Cancel)));
            TagEvent last = Begin(history, TagAction.Read, TagEvent.Nowhere);
            last.Value = await ReadAsync(one, repository);
            End(last);
            overlaps += history.Count(tagEvent => history.Any(before => before.Called < tagEvent.Called && before.Answered > tagEvent.Called));

            Xunit.Assert.True(TagHistory.IsLinearizable(history, TagEvent.Nowhere), $"Round {round} is not linearizable: {string.Join("; ", history.OrderBy(static tagEvent => tagEvent.Called))}");
        }

        Xunit.Assert.True(overlaps > Rounds, $"Of {Rounds} rounds only {overlaps} actions came while another was under way.");
    }

    private static async Task WorkAsync(ContentRoot node, RepositoryName repository, List<TagEvent> history, Random random)
    {
        for (int i = 0; i < Actions; i++)
        {
            int value = random.Next(s_manifests.Length);
            switch (random.Next(8))
            {
                case 0:
                    await DeleteAsync(node, repository, history);
                    break;
                case 1 or 2:
                    TagEvent read = Begin(history, TagAction.Read, TagEvent.Nowhere);
                    read.Value = await ReadAsync(node, repository);
                    End(read);
                    break;
                case 3:
                    await PushAsync(node, repository, history, value, TagCondition.PointsNotAt(null), static current => current == TagEvent.Nowhere);
                    break;
                case 4 or 5:
                    int from = (value + 1) % s_manifests.Length;
                    await PushAsync(node, repository, history, value, TagCondition.PointsAt([s_manifests[from].Digest]), current => current == from);
                    break;
                case 6:
                    TagEvent clear = Begin(history, TagAction.Clear, value);
                    await node.Manifests.DeleteAsync(repository, s_manifests[value].Digest, Cancel);
                    clear.Answered = Stopwatch.GetTimestamp();
                    break;
                default:
                    await PushAsync(node, repository, history, value, TagCondition.None, null);
                    break;
            }
        }
    }

    private static async Task PushAsync(ContentRoot node, RepositoryName repository, List<TagEvent> history, int value, TagCondition condition, Func<int, bool>? holds)
    {
        StoredManifest manifest = s_manifests[value];
        TagEvent write = Begin(history, TagAction.Write, value, holds);
        try
        {
            await node.Manifests.PutAsync(repository, manifest, ManifestParser.Parse(manifest.Content, manifest.MediaType), new Pointing([s_tag]) { Condition = condition }, Cancel);
        }
        catch (RegistryException e) when (e.Errors[0].Code == RegistryErrorCode.PreconditionFailed)
        {
            write.Action = TagAction.Refused;
        }
        catch (StoreUnavailableException)
        {
            return; // Lost too many races in a row: it may have happened.
        }

        End(write);
    }

    private static async Task DeleteAsync(ContentRoot node, RepositoryName repository, List<TagEvent> history)
    {
        TagEvent delete = Begin(history, TagAction.Delete, TagEvent.Nowhere);
        delete.Action = await node.Tags.DeleteAsync(repository, s_tag, TagGuard.None, default, Cancel) ? TagAction.Delete : TagAction.DeleteNothing;
        End(delete);
    }

    private static TagEvent Begin(List<TagEvent> history, TagAction action, int value, Func<int, bool>? condition = null)
    {
        lock (history)
        {
            var begun = new TagEvent { Action = action, Value = value, Condition = condition, Called = Stopwatch.GetTimestamp() };
            history.Add(begun);
            return begun;
        }
    }

    private static void End(TagEvent ended)
    {
        ended.Answered = Stopwatch.GetTimestamp();
        ended.IsCertain = true;
    }

    private static async Task<int> ReadAsync(ContentRoot node, RepositoryName repository) =>
        await node.Manifests.GetAsync(repository, new Reference(s_tag), Cancel) is { } found ? Array.FindIndex(s_manifests, manifest => manifest.Digest == found.Digest) : TagEvent.Nowhere;

    // An index of nothing: it needs no content.
    private static StoredManifest Manifest(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[],"annotations":{"name":"{{name}}"} }""");
        return new StoredManifest(DigestAlgorithm.Sha256.Compute(bytes), MediaTypes.OciIndex, bytes);
    }
}
