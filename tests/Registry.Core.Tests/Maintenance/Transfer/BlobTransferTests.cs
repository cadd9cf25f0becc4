using Registry.Content;
using Registry.Core.Tests.Content;
using Registry.Maintenance.Pacing;
using Registry.Maintenance.Transfer;
using Registry.Model;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.Core.Tests.Maintenance.Transfer;

public sealed class BlobTransferTests : ContentTest
{
    [Fact]
    public async Task Nothing_is_left_of_a_transfer_that_fails_whatever_the_reason()
    {
        var source = new InMemoryObjectStore(Time);
        await source.PutAsync("bytes", Bytes("layer"), PutCondition.None, Cancel);
        Digest layer = Sha256("layer"u8);
        await Store.PutAsync(ContentKeys.Blob(layer), "{"u8.ToArray(), PutCondition.None, Cancel);
        await using ObjectContent content = (await source.OpenReadAsync("bytes", 0, null, Cancel))!;

        await Assert.ThrowsAsync<InvalidDataException>(async () => await new BlobTransfer(Root, new ReadPace(null, Time)).StoreAsync(Repo, layer, content, Cancel));

        Assert.Empty(await KeysAsync(ContentKeys.UploadsPrefix));
        Assert.Empty(await KeysAsync(ContentKeys.DataPrefix));
        Assert.Empty((await Store.ListUnfinishedAsync("", null, 10, Cancel)).Uploads);
    }
}
