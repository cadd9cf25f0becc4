using Registry.TestServers.Faults;

namespace Registry.Storage.Faults;

public abstract partial class RemoteStoreFaults
{
    [Theory]
    [InlineData("begin", "answer lost")]
    [InlineData("begin", "busy")]
    [InlineData("part", "request lost")]
    [InlineData("part", "answer lost")]
    [InlineData("part", "duplicated")]
    [InlineData("part", "broken half way")]
    [InlineData("part", "done but error")]
    [InlineData("tail", "answer lost")]
    [InlineData("tail", "broken half way")]
    [InlineData("complete", "request lost")]
    [InlineData("complete", "answer lost")]
    [InlineData("complete", "duplicated")]
    [InlineData("complete", "busy")]
    [InlineData("complete", "done but busy")]
    [InlineData("complete", "done but error")]
    [InlineData("drop", "answer lost")]
    public async Task An_upload_meets_a_fault_that_passes_and_keeps_every_byte(string step, string fault)
    {
        byte[] content = Bytes(PartBytes + 10_000);
        Proxy.Inject(FaultOf(fault, step == "part" ? PartBytes : 10_000), request => IsStep(request, step));

        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content);
        string? key = await Store.CompleteUploadAsync(token, Cancel);

        Assert.Single(Proxy.Faults);
        Assert.NotNull(key);
        await AssertContentAsync(key, content);
        Assert.Equal(key, await Direct.CompleteUploadAsync(token, Cancel));
        Assert.Equal([key], (await Direct.ListAsync(Key(""), null, 10, Cancel)).Keys);
    }

    [Theory]
    [InlineData("request lost")]
    [InlineData("answer lost")]
    [InlineData("duplicated")]
    [InlineData("broken half way")]
    [InlineData("busy")]
    [InlineData("done but error")]
    public async Task A_small_upload_is_completed_by_its_appender_whatever_fault_that_meets(string fault)
    {
        byte[] content = Bytes(20_000);
        UploadToken token = await Store.BeginUploadAsync(Key("object"), Cancel);
        await using ObjectAppender appender = await OpenAppenderAsync(Store, token);
        await appender.WriteAsync(content, Cancel);
        Proxy.Inject(FaultOf(fault, content.Length), request => IsOf(request, "PUT", "object"));

        string? key = await appender.CompleteAsync(Cancel);

        Assert.Single(Proxy.Faults);
        Assert.Equal(Key("object"), key);
        await AssertContentAsync(key!, content);
    }

    [Fact]
    public async Task A_completion_whose_answer_never_comes_is_repeated_by_another_instance()
    {
        byte[] content = Bytes(PartBytes + 10_000);
        UploadToken token = await AppendAsync(Direct, await Direct.BeginUploadAsync(Key("object"), Cancel), content);
        IObjectStore store = await OpenThroughProxyAsync(ClientManner.GivesUpSoon);
        bool done = false;
        Proxy.Rule = request => done ? Fault.LoseRequest : IsStep(request, "complete") && (done = true) ? Fault.LoseAnswer : null;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CompleteUploadAsync(token, Cancel).AsTask());

        Assert.Equal(1, Proxy.Count(FaultKind.LoseAnswer));
        string? key = await Direct.CompleteUploadAsync(token, Cancel);
        Assert.NotNull(key);
        await AssertContentAsync(key, content);
        Assert.Equal([key], (await Direct.ListAsync(Key(""), null, 10, Cancel)).Keys);
        Assert.Null(await Direct.OpenAppendAsync(token, Cancel));
    }

    [Theory]
    [InlineData("request lost")]
    [InlineData("answer lost")]
    [InlineData("broken half way")]
    [InlineData("busy")]
    public async Task An_append_that_fails_for_good_leaves_the_last_token_to_go_on_from(string fault)
    {
        byte[] content = Bytes((2 * PartBytes) + 30_000);
        int kept = PartBytes + 10_000;
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content.AsMemory(0, kept));
        IObjectStore store = await OpenThroughProxyAsync(ClientManner.GivesUpSoon);
        Proxy.Inject(FaultOf(fault, PartBytes), request => IsStep(request, "part"), times: int.MaxValue);

        await using (ObjectAppender appender = await OpenAppenderAsync(store, token))
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            {
                await appender.WriteAsync(content.AsMemory(kept), Cancel);
                await appender.FlushAsync(Cancel);
            });
            Assert.True(Proxy.Faults.Count > 1, "It gave up at once.");
            await Assert.ThrowsAnyAsync<InvalidOperationException>(() => appender.FlushAsync(Cancel).AsTask());
        }

        Proxy.Rule = static _ => null;
        await using (ObjectAppender appender = await OpenAppenderAsync(store, token))
        {
            Assert.Equal(kept, appender.Length);
            await appender.WriteAsync(content.AsMemory(kept), Cancel);
            string? key = await appender.CompleteAsync(Cancel);
            Assert.NotNull(key);
            await AssertContentAsync(key, content);
        }
    }

    [Fact]
    public async Task A_part_that_stalls_is_cancelled_by_its_caller_and_the_last_token_stays_good()
    {
        byte[] content = Bytes((2 * PartBytes) + 30_000);
        int kept = PartBytes + 10_000;
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), content.AsMemory(0, kept));
        Proxy.Inject(Fault.StallRequest(PartBytes / 2), request => IsStep(request, "part"));
        using (var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        {
            await using ObjectAppender appender = await OpenAppenderAsync(Store, token);
            await appender.WriteAsync(content.AsMemory(kept), cancellation.Token);
            Task<UploadToken> flush = appender.FlushAsync(cancellation.Token).AsTask();
            await WaitForFaultAsync(FaultKind.StallRequest);
            Assert.False(flush.IsCompleted);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        }

        token = await AppendAsync(Store, token, content.AsMemory(kept));
        await AssertContentAsync((await Direct.CompleteUploadAsync(token, Cancel))!, content);
    }

    [Fact]
    public async Task A_part_that_stalls_is_sent_again_when_the_clients_time_is_over()
    {
        byte[] content = Bytes(PartBytes + 10_000);
        IObjectStore store = await OpenThroughProxyAsync(ClientManner.WaitsBriefly);
        Proxy.Inject(Fault.StallRequest(PartBytes / 2), request => IsStep(request, "part"));

        UploadToken token = await AppendAsync(store, await store.BeginUploadAsync(Key("object"), Cancel), content);

        Assert.Equal(1, Proxy.Count(FaultKind.StallRequest));
        await AssertContentAsync((await store.CompleteUploadAsync(token, Cancel))!, content);
    }

    [Fact]
    public async Task An_abort_meets_a_lost_answer_at_every_step_and_the_upload_is_gone()
    {
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("object"), Cancel), Bytes(PartBytes + 10_000));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Proxy.Rule = request =>
        {
            lock (seen)
            {
                return request.Method is "PUT" or "DELETE" && seen.Add(request.Method + request.Target) ? Fault.LoseAnswer : null;
            }
        };

        await Store.AbortUploadAsync(token, Cancel);

        Assert.NotEmpty(Proxy.Faults);
        Assert.Null(await Direct.OpenAppendAsync(token, Cancel));
        Assert.Null(await Direct.CompleteUploadAsync(token, Cancel));
        Assert.Empty((await Direct.ListAsync(Key(""), null, 10, Cancel)).Keys);
    }
}
