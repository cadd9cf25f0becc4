namespace Registry.Storage.S3;

/// <summary>What is found out about a server before anything is deleted conditionally.</summary>
public sealed class ConditionalDeleteTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_keeps_the_condition_of_deletes_is_asked_to()
    {
        using S3ObjectStore store = new FakeServer { DeleteConditions = "kept" }.Open();
        string etag = (await store.PutAsync("a", new byte[1], PutCondition.None, Cancel)).ETag!;

        Assert.True(await store.CanDeleteConditionallyAsync(Cancel));
        Assert.False(await store.DeleteAsync("a", "other", Cancel));
        Assert.True(await store.DeleteAsync("a", etag, Cancel));
        Assert.False(await store.DeleteAsync("a", etag, Cancel));
    }

    [Theory]
    [InlineData("ignored")]
    [InlineData("never true")]
    [InlineData("true of the absent")]
    [InlineData("not implemented")]
    [InlineData("an error")]
    public async Task A_server_that_does_anything_else_with_it_is_not(string conditions)
    {
        var server = new FakeServer { DeleteConditions = conditions };
        using S3ObjectStore store = server.Open();
        string etag = (await store.PutAsync("a", new byte[1], PutCondition.None, Cancel)).ETag!;

        Assert.False(await store.CanDeleteConditionallyAsync(Cancel));

        // The answer stays, and nothing is tried with an object that counts.
        server.DeleteConditions = "kept";
        Assert.False(await store.CanDeleteConditionallyAsync(Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.DeleteAsync("a", etag, Cancel).AsTask());
        Assert.False((await store.PutAsync("a", new byte[1], PutCondition.IfAbsent, Cancel)).Succeeded);
    }

    [Fact]
    public async Task A_server_that_takes_etags_without_quotes_is_not_even_tried()
    {
        using S3ObjectStore store = new FakeServer { DeleteConditions = "kept", WantsNoQuotes = true }.Open();

        Assert.False(await store.CanDeleteConditionallyAsync(Cancel));
    }

    [Fact]
    public async Task A_server_that_is_away_when_it_is_tried_is_tried_again()
    {
        var server = new FakeServer { DeleteConditions = "away" };
        using S3ObjectStore store = server.Open();
        await store.ProbeAsync(Cancel);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CanDeleteConditionallyAsync(Cancel).AsTask());
        server.DeleteConditions = "kept";

        Assert.True(await store.CanDeleteConditionallyAsync(Cancel));
    }

    [Fact]
    public async Task A_single_node_excludes_its_own_deletes_and_puts_where_the_server_does_not()
    {
        using S3ObjectStore store = new FakeServer { IgnoresAbsence = true, IgnoresMatch = true }.Open(singleNode: true);
        Assert.True(await store.CanDeleteConditionallyAsync(Cancel));
        for (int round = 0; round < 20; round++)
        {
            string etag = (await store.PutAsync("a", new byte[1], PutCondition.None, Cancel)).ETag!;

            bool[] succeeded = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i => (i + round) % 2 == 0
                ? await store.DeleteAsync("a", etag, Cancel)
                : (await store.PutAsync("a", new byte[1], PutCondition.IfMatch(etag), Cancel)).Succeeded));

            Assert.Single(succeeded, static won => won);
        }
    }
}
