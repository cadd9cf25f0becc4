using Registry.TestServers.Faults;

namespace Registry.Storage.Faults;

/// <summary>
/// What comes of a delete if match when something goes wrong between the store and its server. A delete leaves nothing by which it could be known again, so that the one rule is that nobody
/// hears of a removal that was not, or was another's.
/// </summary>
public abstract class ConditionalDeleteFaults : RemoteStoreTest
{
    [Fact]
    public async Task A_delete_if_match_is_one_request_whatever_comes_of_it()
    {
        string etag = await PutDirectAsync("object", 1);
        Assert.True(await ((IConditionalDeletes)Store).CanDeleteConditionallyAsync(Cancel));
        int before = Proxy.Requests.Count;

        Assert.False(await DeleteAsync("object", "0123456789abcdef0123456789abcdef"));
        Assert.True(await DeleteAsync("object", etag));
        Assert.False(await DeleteAsync("object", etag));

        Assert.Equal(3, Proxy.Requests.Count - before);
    }

    [Theory]
    [InlineData("request lost", true)]
    [InlineData("busy", true)]
    [InlineData("error", true)]
    [InlineData("answer lost", false)]
    [InlineData("duplicated", false)]
    [InlineData("done but busy", false)]
    [InlineData("done but error", false)]
    public async Task A_delete_if_match_meets_a_fault_that_passes(string fault, bool isKnownAsItsOwn)
    {
        string etag = await PutDirectAsync("object", 1);
        Proxy.Inject(FaultOf(fault), request => IsOf(request, "DELETE", "object"));

        bool removed = await DeleteAsync("object", etag);

        Assert.Single(Proxy.Faults);
        Assert.Null(await Direct.GetAsync(Key("object"), Cancel));

        // What the server did without the client hearing of it looks like an object that was not there.
        Assert.Equal(isKnownAsItsOwn, removed);
    }

    [Theory]
    [InlineData("request lost")]
    [InlineData("busy")]
    [InlineData("error")]
    [InlineData("answer lost")]
    [InlineData("duplicated")]
    [InlineData("done but busy")]
    [InlineData("done but error")]
    public async Task A_delete_if_match_whose_etag_is_outdated_removes_nothing_whatever_fault_it_meets(string fault)
    {
        string first = await PutDirectAsync("object", 1);
        await PutDirectAsync("object", 2);
        Proxy.Inject(FaultOf(fault), request => IsOf(request, "DELETE", "object"));

        Assert.False(await DeleteAsync("object", first));

        Assert.Single(Proxy.Faults);
        await AssertContentAsync(Key("object"), Bytes(100, seed: 2));
    }

    [Fact]
    public async Task What_is_put_after_a_delete_whose_answer_was_lost_stays_and_is_not_taken_for_removed()
    {
        string etag = await PutDirectAsync("object", 1);
        var put = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int deletes = 0;

        // The delete is done and its answer lost; whatever the store asks then, it asks after the put.
        Proxy.Rule = request => IsOf(request, "DELETE", "object") && Interlocked.Increment(ref deletes) == 1 ? Fault.LoseAnswer
            : request.Path.EndsWith("/o/" + Key("object"), StringComparison.Ordinal) ? Fault.HoldRequest(put.Task)
            : null;
        Task<bool> deleting = DeleteAsync("object", etag);
        await WaitForFaultAsync(FaultKind.LoseAnswer);
        Assert.True((await Direct.PutAsync(Key("object"), Bytes(100, seed: 2), PutCondition.IfAbsent, Cancel)).Succeeded);
        put.SetResult();

        Assert.False(await deleting);
        Assert.True(Proxy.Count(FaultKind.HoldRequest) > 0, "The store did not ask again.");
        await AssertContentAsync(Key("object"), Bytes(100, seed: 2));
    }

    [Fact]
    public async Task Of_two_deletes_if_match_whose_answers_are_lost_at_most_one_says_that_it_removed_the_object()
    {
        for (int round = 0; round < 5; round++)
        {
            string name = $"object-{round}";
            string etag = await PutDirectAsync(name, 1);
            Proxy.Inject(Fault.LoseAnswer, request => IsOf(request, "DELETE", name), times: 2);

            bool[] removed = await Task.WhenAll(DeleteAsync(name, etag), DeleteAsync(name, etag));

            Assert.InRange(removed.Count(static one => one), 0, 1);
            Assert.Null(await Direct.GetAsync(Key(name), Cancel));
        }

        Assert.Equal(10, Proxy.Count(FaultKind.LoseAnswer));
    }

    [Fact]
    public async Task A_put_and_a_delete_with_one_etag_whose_answers_are_lost_never_both_succeed()
    {
        for (int round = 0; round < 8; round++)
        {
            string name = $"object-{round}";
            string etag = await PutDirectAsync(name, 1);
            Proxy.Inject(Fault.LoseAnswer, request => IsOf(request, "DELETE", name) || IsOf(request, "PUT", name), times: 2);

            Task<PutResult> putting = Store.PutAsync(Key(name), Bytes(100, seed: 2), PutCondition.IfMatch(etag), Cancel).AsTask();
            bool removed = await DeleteAsync(name, etag);
            bool replaced = (await putting).Succeeded;

            Assert.False(removed && replaced, "Both succeeded.");
            SmallObject? left = await Direct.GetAsync(Key(name), Cancel);
            Assert.True(!removed || left is null, "What was removed is there.");
            Assert.True(!replaced || left is not null, "What was put is not there.");
        }

        Assert.Equal(16, Proxy.Count(FaultKind.LoseAnswer));
    }

    [Fact]
    public async Task A_delete_if_match_that_is_never_answered_leaves_it_open()
    {
        string etag = await PutDirectAsync("object", 1);
        IObjectStore store = await OpenThroughProxyAsync(ClientManner.GivesUpSoon);
        Assert.True(await ((IConditionalDeletes)store).CanDeleteConditionallyAsync(Cancel));
        Proxy.Rule = static _ => Fault.LoseRequest;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => ((IConditionalDeletes)store).DeleteAsync(Key("object"), etag, Cancel).AsTask());

        Assert.NotEmpty(Proxy.Faults);
        await AssertContentAsync(Key("object"), Bytes(100, seed: 1));
    }

    private Task<bool> DeleteAsync(string name, string etag) => ((IConditionalDeletes)Store).DeleteAsync(Key(name), etag, Cancel).AsTask();
}
