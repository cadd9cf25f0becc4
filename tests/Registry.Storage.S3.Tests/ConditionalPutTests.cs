using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Registry.Storage.S3;

/// <summary>What is found out about a server before it is used, and how conditional puts come out right on one that misbehaves.</summary>
public sealed class ConditionalPutTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_with_conditions_is_ready_whichever_way_it_takes_etags(bool wantsNoQuotes)
    {
        using S3ObjectStore store = new FakeServer { WantsNoQuotes = wantsNoQuotes }.Open();

        PutResult first = await store.PutAsync("a", new byte[1], PutCondition.IfAbsent, Cancel);
        PutResult second = await store.PutAsync("a", new byte[2], PutCondition.IfMatch(first.ETag!), Cancel);

        Assert.True(first.Succeeded && second.Succeeded);
        Assert.False((await store.PutAsync("a", new byte[2], PutCondition.IfMatch(first.ETag!), Cancel)).Succeeded);
        Assert.DoesNotContain('"', second.ETag!);
    }

    [Theory]
    [InlineData(true, "If-None-Match")]
    [InlineData(false, "If-Match")]
    public async Task A_server_that_ignores_conditions_is_refused(bool ignoresAbsence, string named)
    {
        using S3ObjectStore store = new FakeServer { IgnoresAbsence = ignoresAbsence, IgnoresMatch = !ignoresAbsence }.Open();

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => store.GetAsync("a", Cancel).AsTask());

        Assert.Contains("http://fake.example", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'fake'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_cannot_write_says_so_and_not_that_it_cannot_tidy_up()
    {
        var server = new FakeServer { Refusal = new AmazonS3Exception("Nothing here.", ErrorType.Sender, "NoSuchBucket", "id", HttpStatusCode.NotFound) };
        using S3ObjectStore store = server.Open();

        var fault = await Assert.ThrowsAsync<IOException>(async () => await store.ProbeAsync(Cancel));

        Assert.Contains("Writing", fault.Message, StringComparison.Ordinal);
        Assert.Contains("there is no bucket 'fake'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_node_uses_such_a_server_all_the_same_and_excludes_its_own_writers()
    {
        using S3ObjectStore store = new FakeServer { IgnoresAbsence = true, IgnoresMatch = true }.Open(singleNode: true);

        PutResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.PutAsync("a", new byte[1], PutCondition.IfAbsent, Cancel).AsTask()));

        Assert.Single(results, static result => result.Succeeded);
        Assert.False((await store.PutAsync("a", new byte[1], PutCondition.IfMatch("other"), Cancel)).Succeeded);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.PreconditionFailed)]
    public async Task A_write_whose_answer_was_lost_is_found_to_be_its_own(HttpStatusCode answer)
    {
        var server = new FakeServer { Fault = (number, written) => number == 1 && written ? answer : null };
        using S3ObjectStore store = server.Open();

        Assert.True((await store.PutAsync("a", new byte[1], PutCondition.IfAbsent, Cancel)).Succeeded);

        Assert.Equal(1, server.Puts);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.Conflict)]
    public async Task A_put_that_was_refused_although_the_condition_holds_is_tried_again(HttpStatusCode answer)
    {
        var server = new FakeServer { Fault = (number, written) => number < 3 && !written ? answer : null };
        using S3ObjectStore store = server.Open();

        Assert.True((await store.PutAsync("a", new byte[1], PutCondition.IfAbsent, Cancel)).Succeeded);

        Assert.Equal(3, server.Puts);
    }

    [Fact]
    public async Task The_loser_of_a_race_that_is_told_500_has_lost()
    {
        var server = new FakeServer();
        using S3ObjectStore store = server.Open();
        await store.PutAsync("a", new byte[1], PutCondition.IfAbsent, Cancel);
        server.Fault = (_, written) => written ? null : HttpStatusCode.InternalServerError;

        Assert.False((await store.PutAsync("a", new byte[1], PutCondition.IfAbsent, Cancel)).Succeeded);
    }
}
