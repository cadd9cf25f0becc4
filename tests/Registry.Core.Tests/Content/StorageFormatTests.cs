using System.Text;
using Registry.Content;
using Registry.Storage;

namespace Registry.Core.Tests.Content;

public sealed class StorageFormatTests : ContentTest
{
    private async Task MarkAsync(string marker) => await Store.PutAsync(ContentKeys.Format, Encoding.UTF8.GetBytes(marker), PutCondition.None, Cancel);

    private async Task<string?> MarkerAsync() => await Store.GetAsync(ContentKeys.Format, Cancel) is { } found ? Encoding.UTF8.GetString(found.Content.Span) : null;

    [Fact]
    public async Task An_unmarked_store_is_marked_with_the_version()
    {
        await Root.Format.EnsureAsync(Cancel);

        Assert.Equal("""{"format":"registry","version":1}""", await MarkerAsync());
        await Root.Format.EnsureAsync(Cancel);
        await Node().Format.EnsureAsync(Cancel);
    }

    [Fact]
    public async Task Many_nodes_that_start_at_once_agree()
    {
        ContentRoot[] nodes = [.. Enumerable.Range(0, 20).Select(_ => Node())];

        await Task.WhenAll(nodes.Select(static node => Task.Run(async () => await node.Format.EnsureAsync(Cancel), Cancel)));

        Assert.Single(await KeysAsync(""));
    }

    [Theory]
    [InlineData("""{"format":"registry","version":2}""")]
    [InlineData("""{"format":"registry","version":0}""")]
    [InlineData("""{"format":"registry"}""")]
    public async Task A_store_of_another_version_is_refused_and_not_touched(string marker)
    {
        await MarkAsync(marker);

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(async () => await Root.Format.EnsureAsync(Cancel));

        Assert.Contains("version", e.Message, StringComparison.Ordinal);
        Assert.Equal(marker, await MarkerAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("hello")]
    [InlineData("""{"format":"something else","version":1}""")]
    [InlineData("""{"format":7,"version":1}""")]
    [InlineData("""{"version":1}""")]
    public async Task A_store_of_something_else_is_refused_and_not_touched(string marker)
    {
        await MarkAsync(marker);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Root.Format.EnsureAsync(Cancel));

        Assert.Equal(marker, await MarkerAsync());
    }
}
