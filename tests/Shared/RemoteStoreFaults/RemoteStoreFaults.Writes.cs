using Registry.TestServers.Faults;

namespace Registry.Storage.Faults;

public abstract partial class RemoteStoreFaults
{
    [Theory]
    [CombinatorialFaults("request lost", "answer lost", "duplicated", "broken half way", "busy", "done but busy", "error", "done but error")]
    public async Task A_put_meets_a_fault_that_passes_and_is_known_as_its_own(string fault, string condition)
    {
        byte[] content = Bytes(10_000, seed: 2);
        PutCondition required = condition switch { "absent" => PutCondition.IfAbsent, "match" => PutCondition.IfMatch(await PutDirectAsync("object", 1)), _ => PutCondition.None };
        Proxy.Inject(FaultOf(fault, content.Length), request => IsOf(request, "PUT", "object"));

        PutResult put = await Store.PutAsync(Key("object"), content, required, Cancel);

        Assert.Single(Proxy.Faults);
        Assert.True(put.Succeeded, "The condition held, and the writer was told that it did not.");
        await AssertContentAsync(Key("object"), content);
        Assert.True((await Direct.PutAsync(Key("object"), Bytes(10), PutCondition.IfMatch(put.ETag!), Cancel)).Succeeded, "The ETag is another one's.");
    }

    [Theory]
    [InlineData("request lost")]
    [InlineData("answer lost")]
    [InlineData("duplicated")]
    [InlineData("done but error")]
    public async Task A_put_whose_condition_does_not_hold_fails_whatever_fault_it_meets(string fault)
    {
        string first = await PutDirectAsync("object", 1);
        await PutDirectAsync("object", 2);
        await PutDirectAsync("other", 1);

        Proxy.Inject(FaultOf(fault), request => IsOf(request, "PUT", "object"));
        PutResult outdated = await Store.PutAsync(Key("object"), Bytes(100, seed: 3), PutCondition.IfMatch(first), Cancel);
        Proxy.Inject(FaultOf(fault), request => IsOf(request, "PUT", "other"));
        PutResult there = await Store.PutAsync(Key("other"), Bytes(100, seed: 3), PutCondition.IfAbsent, Cancel);

        Assert.Equal(2, Proxy.Faults.Count);
        Assert.False(outdated.Succeeded);
        Assert.False(there.Succeeded);
        await AssertContentAsync(Key("object"), Bytes(100, seed: 2));
        await AssertContentAsync(Key("other"), Bytes(100, seed: 1));
    }

    [Fact]
    public async Task Of_two_writers_whose_answers_are_all_lost_one_wins()
    {
        for (int round = 0; round < 5; round++)
        {
            string name = $"object-{round}";
            Proxy.Inject(Fault.LoseAnswer, request => IsOf(request, "PUT", name), times: 2);

            PutResult[] puts = await Task.WhenAll(Enumerable.Range(0, 2).Select(i => Store.PutAsync(Key(name), Bytes(100, seed: i), PutCondition.IfAbsent, Cancel).AsTask()));

            Assert.Single(puts, static put => put.Succeeded);
            await AssertContentAsync(Key(name), Bytes(100, seed: puts[0].Succeeded ? 0 : 1));
        }

        Assert.Equal(10, Proxy.Count(FaultKind.LoseAnswer));
    }

    [Theory]
    [InlineData("request lost")]
    [InlineData("answer lost")]
    [InlineData("duplicated")]
    [InlineData("busy")]
    [InlineData("done but error")]
    public async Task A_delete_meets_a_fault_that_passes(string fault)
    {
        await PutDirectAsync("object", 1);
        Proxy.Inject(FaultOf(fault), request => IsOf(request, "DELETE", "object"));

        await Store.DeleteAsync(Key("object"), Cancel);

        Assert.Single(Proxy.Faults);
        Assert.Null(await Direct.GetAsync(Key("object"), Cancel));
    }

    [Fact]
    public async Task A_server_that_is_busy_for_two_requests_is_asked_a_third_time()
    {
        await PutDirectAsync("object", 1);
        Proxy.Inject(Fault.Answer(Busy), request => IsOf(request, "GET", "object"), times: 2);

        SmallObject? read = await Store.GetAsync(Key("object"), Cancel);

        AssertSame(Bytes(100, seed: 1), read!.Content);
        Assert.Equal(3, Proxy.Requests.Count(request => IsOf(request, "GET", "object")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_stays_busy_or_silent_is_a_store_that_is_unavailable_until_it_recovers(bool silent)
    {
        string etag = await PutDirectAsync("object", 1);
        IObjectStore store = await OpenThroughProxyAsync(ClientManner.GivesUpSoon);
        int before = Proxy.Requests.Count;
        Proxy.Rule = _ => silent ? Fault.LoseRequest : Fault.Answer(Busy);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.GetAsync(Key("object"), Cancel).AsTask());
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PutAsync(Key("object"), Bytes(10), PutCondition.IfMatch(etag), Cancel).AsTask());
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ListAsync(Key(""), null, 10, Cancel).AsTask());

        // The HTTP client repeats by itself what has no body and met a reset.
        Assert.InRange(Proxy.Requests.Count - before, 3, 64);
        Proxy.Rule = static _ => null;
        AssertSame(Bytes(100, seed: 1), (await store.GetAsync(Key("object"), Cancel))!.Content);
    }
}
