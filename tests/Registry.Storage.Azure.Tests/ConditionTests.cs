using System.Security.Cryptography;
using Azure.Core;
using Registry.Storage.Azure.Tests.Testing;

namespace Registry.Storage.Azure.Tests;

public sealed class ConditionTests(AzuriteStoreFixture fixture) : IClassFixture<AzuriteStoreFixture>
{
    private readonly string _key = $"conditions/{RandomNumberGenerator.GetHexString(12, lowercase: true)}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_that_ignores_conditions_is_refused()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, new WithoutConditions());

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => store.ProbeAsync(Cancel).AsTask());
        Assert.Contains("SingleNode", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.GetAsync(_key, Cancel).AsTask());
    }

    [Fact]
    public async Task For_a_single_process_the_store_keeps_the_conditions_that_the_service_ignores()
    {
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, new WithoutConditions(), new AzureBlobObjectStoreOptions { SingleNode = true });
        await store.ProbeAsync(Cancel);

        PutResult[] created = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => store.PutAsync(_key, new byte[i], PutCondition.IfAbsent, Cancel).AsTask()));
        PutResult winner = Assert.Single(created, static put => put.Succeeded);
        PutResult[] replaced = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => store.PutAsync(_key, new byte[10 + i], PutCondition.IfMatch(winner.ETag!), Cancel).AsTask()));

        PutResult last = Assert.Single(replaced, static put => put.Succeeded);
        Assert.True(await store.CanDeleteConditionallyAsync(Cancel));
        Assert.False(await store.DeleteAsync(_key, winner.ETag!, Cancel));
        Assert.Single(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.DeleteAsync(_key, last.ETag!, Cancel).AsTask())), static removed => removed);
    }

    [Fact]
    public async Task A_put_whose_answer_got_lost_is_known_as_its_own_and_not_taken_for_anothers()
    {
        var lost = new LostAnswers(static request => request.Method == RequestMethod.Put);
        using AzureBlobObjectStore store = await fixture.OpenAsync(Cancel, lost);
        using AzureBlobObjectStore other = await fixture.OpenAsync(Cancel);

        PutResult created = await store.PutAsync(_key, new byte[1], PutCondition.IfAbsent, Cancel);
        PutResult again = await store.PutAsync(_key, new byte[1], PutCondition.IfAbsent, Cancel);
        PutResult replaced = await store.PutAsync(_key, new byte[2], PutCondition.IfMatch(created.ETag!), Cancel);
        PutResult outdated = await store.PutAsync(_key, new byte[2], PutCondition.IfMatch(created.ETag!), Cancel);

        Assert.True(created.Succeeded);
        Assert.False(again.Succeeded);
        Assert.True(replaced.Succeeded);
        Assert.False(outdated.Succeeded);
        Assert.Equal(replaced.ETag, (await other.GetAsync(_key, Cancel))?.ETag);
    }
}
