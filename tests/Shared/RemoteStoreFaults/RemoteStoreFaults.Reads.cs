using Registry.TestServers.Faults;

namespace Registry.Storage.Faults;

public abstract partial class RemoteStoreFaults
{
    private const int ReadLength = 4_000_000;

    [Theory]
    [InlineData(0, 0L, null)]
    [InlineData(1_000_000, 0L, null)]
    [InlineData(700_000, 500_000L, 2_000_000L)]
    public async Task A_download_that_breaks_is_gone_on_with(int breakAfter, long offset, long? length)
    {
        byte[] content = Bytes(ReadLength);
        await Direct.PutAsync(Key("object"), content, PutCondition.None, Cancel);
        Proxy.Inject(Fault.BreakAnswer(breakAfter), request => IsOf(request, "GET", "object"), times: 2);

        await using ObjectContent? read = await Store.OpenReadAsync(Key("object"), offset, length, Cancel);
        byte[] bytes = await ReadAsync(read!);

        AssertSame(content.AsMemory((int)offset, (int)(length ?? ReadLength)), bytes);
        Assert.Equal(ReadLength, read!.TotalLength);
        Assert.Equal(2, Proxy.Count(FaultKind.BreakAnswer));
        Assert.Equal(3, Proxy.Requests.Count(request => IsOf(request, "GET", "object")));
    }

    [Theory]
    [InlineData("replaced")]
    [InlineData("deleted")]
    public async Task A_download_that_breaks_is_never_gone_on_with_in_another_object(string meanwhile)
    {
        byte[] content = Bytes(ReadLength);
        await Direct.PutAsync(Key("object"), content, PutCondition.None, Cancel);
        Proxy.Inject(Fault.BreakAnswer(1_000_000), request => IsOf(request, "GET", "object"));
        await using ObjectContent? read = await Store.OpenReadAsync(Key("object"), 0, null, Cancel);
        using var bytes = new MemoryStream();

        if (meanwhile == "replaced")
        {
            await Direct.PutAsync(Key("object"), Bytes(ReadLength, seed: 2), PutCondition.None, Cancel);
        }
        else
        {
            await Direct.DeleteAsync(Key("object"), Cancel);
        }

        await Assert.ThrowsAnyAsync<IOException>(() => read!.Stream.CopyToAsync(bytes, Cancel));

        Assert.Equal(1, Proxy.Count(FaultKind.BreakAnswer));
        AssertSame(content.AsMemory(0, (int)bytes.Length), bytes.ToArray());
    }

    [Fact]
    public async Task A_download_that_breaks_again_and_again_is_a_fault_and_not_a_short_object()
    {
        byte[] content = Bytes(ReadLength);
        await Direct.PutAsync(Key("object"), content, PutCondition.None, Cancel);
        IObjectStore store = await OpenThroughProxyAsync(ClientManner.GivesUpSoon);
        int broken = 0;
        Proxy.Rule = request => IsOf(request, "GET", "object") ? Fault.BreakAnswer(Interlocked.Increment(ref broken) == 1 ? 1_000_000 : 0) : null;
        await using ObjectContent? read = await store.OpenReadAsync(Key("object"), 0, null, Cancel);
        using var bytes = new MemoryStream();

        await Assert.ThrowsAnyAsync<IOException>(() => read!.Stream.CopyToAsync(bytes, Cancel));

        Assert.True(Proxy.Count(FaultKind.BreakAnswer) > 1, "It did not try to go on.");
        AssertSame(content.AsMemory(0, 1_000_000), bytes.ToArray());
    }

    [Fact]
    public async Task A_download_that_breaks_while_the_server_is_away_is_a_fault_and_not_a_short_object()
    {
        byte[] content = Bytes(ReadLength);
        await Direct.PutAsync(Key("object"), content, PutCondition.None, Cancel);
        IObjectStore store = await OpenThroughProxyAsync(ClientManner.GivesUpSoon);
        int gets = 0;
        Proxy.Rule = request => !IsOf(request, "GET", "object") ? null : Interlocked.Increment(ref gets) == 1 ? Fault.BreakAnswer(1_000_000) : Fault.Answer(Busy);
        await using ObjectContent? read = await store.OpenReadAsync(Key("object"), 0, null, Cancel);
        using var bytes = new MemoryStream();

        await Assert.ThrowsAnyAsync<IOException>(() => read!.Stream.CopyToAsync(bytes, Cancel));

        Assert.NotEqual(0, Proxy.Count(FaultKind.Answer));
        AssertSame(content.AsMemory(0, 1_000_000), bytes.ToArray());
    }

    [Fact]
    public async Task A_small_object_whose_download_breaks_is_read_again()
    {
        byte[] content = Bytes(300_000);
        await Direct.PutAsync(Key("object"), content, PutCondition.None, Cancel);
        Proxy.Inject(Fault.BreakAnswer(100_000), request => IsOf(request, "GET", "object"), times: 2);

        SmallObject? read = await Store.GetAsync(Key("object"), Cancel);

        AssertSame(content, read!.Content);
        Assert.Equal(2, Proxy.Count(FaultKind.BreakAnswer));
    }

    [Fact]
    public async Task A_small_object_that_is_replaced_while_its_download_breaks_is_the_old_one_or_the_new_one()
    {
        byte[] replaced = Bytes(400_000, seed: 2);
        await Direct.PutAsync(Key("object"), Bytes(300_000), PutCondition.None, Cancel);
        var replacing = new TaskCompletionSource();
        int gets = 0;
        Proxy.Rule = request => !IsOf(request, "GET", "object") ? null : Interlocked.Increment(ref gets) == 1 ? Fault.BreakAnswer(100_000) : Fault.HoldRequest(replacing.Task);

        Task<SmallObject?> get = Store.GetAsync(Key("object"), Cancel).AsTask();
        await WaitForFaultAsync(FaultKind.HoldRequest);
        PutResult put = await Direct.PutAsync(Key("object"), replaced, PutCondition.None, Cancel);
        replacing.SetResult();
        SmallObject? read = await get;

        AssertSame(replaced, read!.Content);
        Assert.Equal(put.ETag, read.ETag);
    }

    [Fact]
    public async Task A_download_that_stalls_is_cancelled_by_its_reader()
    {
        await Direct.PutAsync(Key("object"), Bytes(ReadLength), PutCondition.None, Cancel);
        Proxy.Inject(Fault.StallAnswer(1_000_000), request => IsOf(request, "GET", "object"));
        await using ObjectContent? read = await Store.OpenReadAsync(Key("object"), 0, null, Cancel);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        Task copy = read!.Stream.CopyToAsync(Stream.Null, cancellation.Token);
        await WaitForFaultAsync(FaultKind.StallAnswer);
        Assert.False(copy.IsCompleted);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy);
    }

    [Fact]
    public async Task A_listing_meets_faults_between_its_pages_while_others_write_and_misses_and_doubles_nothing()
    {
        string[] stays = [.. Enumerable.Range(0, 40).Select(i => Key($"list/{i:D2}"))];
        await Parallel.ForEachAsync(stays, Cancel, async (key, cancel) => await Direct.PutAsync(key, new byte[1], PutCondition.None, cancel));
        Fault[] faults = [Fault.LoseAnswer, Fault.Answer(Busy), Fault.BreakAnswer(0), Fault.BreakAnswer(200), Fault.LoseRequest, Fault.Answer(Error), Fault.AnswerAfterwards(Busy)];
        int listings = 0;
        Proxy.Rule = request => IsListing(request) && Interlocked.Increment(ref listings) is var number && number % 2 == 0 ? faults[number / 2 % faults.Length] : null;

        var listed = new List<string>();
        KeyPage page;
        do
        {
            page = await Store.ListAsync(Key("list/"), listed.LastOrDefault(), 4, Cancel);
            listed.AddRange(page.Keys);

            // Before the place that was reached and behind it; the last one of the page goes as well.
            await Direct.PutAsync(listed[^1] + "!", default, PutCondition.None, Cancel);
            await Direct.PutAsync(Key("list/") + "!" + listed.Count, default, PutCondition.None, Cancel);
            if (!stays.Contains(listed[^1]))
            {
                await Direct.DeleteAsync(listed[^1], Cancel);
            }
        }
        while (page.HasMore);

        Assert.Equal(stays, listed.Where(stays.Contains));
        Assert.Equal(listed.Order(StringComparer.Ordinal).Distinct(), listed);
        Assert.InRange(Proxy.Faults.Count, faults.Length, listings);
        Assert.Equal(4, Proxy.Faults.Select(static fault => fault.Fault.Kind).Where(static kind => kind is not FaultKind.BreakRequest).Distinct().Count());
    }
}
