using Registry.Content;
using Registry.Core.Tests.Content;
using Registry.Core.Tests.Simulation;
using Registry.Maintenance.Copying;
using Registry.Model;
using Registry.Model.Manifests;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Copying;

/// <summary>A second store to copy to, and what says that a copy is one.</summary>
public abstract class CopyTest : ContentTest
{
    private protected CopyTest() => Target = new InMemoryObjectStore(Time);

    private protected InMemoryObjectStore Target { get; }

    private protected async Task<ContentCopyReport> CopyAsync(IObjectStore? from = null, IObjectStore? to = null, Action<ContentCopyOptions>? configure = null)
    {
        await Root.EnsureUsableAsync(Cancel);
        var options = new ContentCopyOptions();
        configure?.Invoke(options);
        return await new ContentCopy(from ?? Store.Share(), to ?? Target.Share(), options, Time).RunAsync(null, Cancel);
    }

    /// <summary>Two images, one with two tags, a referrer, an index, and a blob that no manifest names yet.</summary>
    private protected static async Task<TestManifest> FillAsync(ContentRoot root)
    {
        TestManifest image = await root.PushImageAsync(Repo, "app", "latest", "1.0");
        TestManifest arm = await root.PushImageAsync(Repo, "app for arm");
        TestManifest index = TestManifest.Index([image.Digest, arm.Digest]);
        await root.PushAsync(Repo, index, "all");
        foreach (byte[] blob in TestManifest.BlobsOf("signature"))
        {
            await root.PushBlobAsync(Repo, blob);
        }

        await root.PushAsync(Repo, TestManifest.Referrer(index.Digest, "signature"));
        await root.PushImageAsync(OtherRepo, "other", "latest");
        await root.PushBlobAsync(OtherRepo, Bytes(300_000));
        return index;
    }

    /// <summary>Pulls everything that a store's lists lead to, as clients do, and checks that it is whole.</summary>
    /// <returns>What was pulled: a line for each repository, tag and referrer.</returns>
    private protected async Task<List<string>> PullAllAsync(IObjectStore store)
    {
        ContentRoot root = Node(store);
        await root.EnsureUsableAsync(Cancel);
        var lines = new List<string>();
        foreach (string name in (await root.Catalog.ListAsync("", null, 1000, Cancel)).Names)
        {
            var repository = RepositoryName.Parse(name);
            lines.Add(name);
            foreach (string tag in await root.TagsAsync(repository))
            {
                Digest digest = (await root.PullAsync(repository, tag))!.Digest;
                lines.Add($"{name}:{tag} {digest}");
                await PullAsync(root, repository, digest, lines);
            }
        }

        return lines;
    }

    private static async Task PullAsync(ContentRoot root, RepositoryName repository, Digest digest, List<string> lines)
    {
        Registry.Content.Manifests.StoredManifest manifest = (await root.PullAsync(repository, digest.Value))!;
        Assert.Equal(digest, Sha256(manifest.Content.Span));
        ManifestDocument document = ManifestParser.Parse(manifest.Content, manifest.MediaType);
        foreach (Descriptor child in document.Manifests)
        {
            await PullAsync(root, repository, child.Digest, lines);
        }

        foreach (Digest blob in document.RequiredContent().Except(document.Manifests.Select(static child => child.Digest)))
        {
            Assert.Equal(blob, Sha256(await root.ReadBlobAsync(repository, blob)));
        }

        await foreach (Registry.Content.Referrers.Referrer referrer in root.Referrers.ListAsync(repository, digest, null, Cancel))
        {
            lines.Add($"{repository}@{digest} < {referrer.Descriptor.Digest}");
        }
    }

    private protected static async Task<long> UploadsAsync(Func<HookedStore, Task> action, IObjectStore target)
    {
        long begun = 0;
        var counting = new HookedStore(target)
        {
            Before = call =>
            {
                begun += call.Operation == StoreOperation.BeginUpload ? 1 : 0;
                return default;
            },
        };
        await action(counting);
        return begun;
    }

    private protected static async Task<string> MarkerAsync(IObjectStore store) => System.Text.Encoding.UTF8.GetString((await store.GetAsync(ContentKeys.Format, Cancel))!.Content.Span);

    private protected async Task<string> DataKeyAsync(Digest digest) => (await BlobRecordAsync(digest))!.Record.Data;
}
