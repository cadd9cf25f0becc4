using System.Security.Claims;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.SignIn;
using Registry.Feeds;
using Registry.Model;

namespace Registry.AspNetCore.Tests.Access;

/// <summary>What is remembered of grants for the users that requests share, and what a listing asks beforehand, say the same as all grants looked at anew.</summary>
public sealed class RememberedGrantTests
{
    private static readonly string[] Places = ["main", "main2", "team-a", "team-b", ""];
    private static readonly string[] Patterns = ["main", "main?", "team-*", "*", "team-b", ""];
    private static readonly string[] Repositories = ["*", "app", "a*", "secret/*"];
    private static readonly string?[] Asked = [null, "app", "other", "secret/app"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_shared_user_is_decided_about_as_anybody_else_whatever_changes(int seed)
    {
        var random = new Random(seed);
        ClaimsIdentity identity = Identity();
        var shared = new FixedPrincipal(identity);
        var other = new ClaimsPrincipal(identity);
        int allowed = 0;
        for (int round = 0; round < 300; round++)
        {
            GrantTable table = Table(random);
            FeedTable feeds = new([.. Places.Select(static name => new Feed(name))]);
            for (int i = 0; i < 40; i++)
            {
                ActiveFeed feed = feeds.Feeds[random.Next(feeds.Feeds.Count)];
                RegistryAction action = (RegistryAction)random.Next(Enum.GetValues<RegistryAction>().Length);
                RepositoryName? repository = Asked[random.Next(Asked.Length)] is { } name ? RepositoryName.Parse(name) : null;
                GrantDecision expected = table.Decide(other, action, feed, feed.Name, repository);
                Assert.Equal(expected, table.Decide(shared, action, feed, feed.Name, repository));
                Assert.True(expected != GrantDecision.Allow || table.FeedsOf(shared).Any(granted => granted.Contains(feed.Name)));
                allowed += expected == GrantDecision.Allow ? 1 : 0;
            }
        }

        Assert.InRange(allowed, 500, 11500);
    }

    [Fact]
    public void A_grant_that_is_gone_is_not_remembered_though_the_feed_is_the_same()
    {
        var user = new FixedPrincipal(Identity());
        ActiveFeed feed = new FeedTable([new Feed("main")]).Feeds[0];
        var grant = new Grant(GrantSubject.User, "ann", "main", "*", Grant.Bit(RegistryAction.Pull), Denies: false);

        Assert.Equal(GrantDecision.Allow, new GrantTable([grant]).Decide(user, RegistryAction.Pull, feed, feed.Name, null));
        Assert.Equal(GrantDecision.None, new GrantTable([grant with { SubjectName = "bob" }]).Decide(user, RegistryAction.Pull, feed, feed.Name, null));
        Assert.Equal(GrantDecision.Deny, new GrantTable([grant, grant with { Denies = true }]).Decide(user, RegistryAction.Pull, feed, feed.Name, null));
    }

    [Fact]
    public void Feeds_of_others_are_not_among_those_that_somebody_is_granted_something_in()
    {
        var table = new GrantTable([.. Enumerable.Range(0, 200).Select(static i => new Grant(GrantSubject.Role, $"role{i}", $"feed{i}", "*", Grant.Bit(RegistryAction.List), Denies: i == 8))]);

        IReadOnlyList<GrantedFeeds> granted = table.FeedsOf(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Role, "role7"), new(ClaimTypes.Role, "role8")], "test")));

        Assert.Equal(["feed7"], Enumerable.Range(0, 200).Select(static i => $"feed{i}").Where(feed => granted.Any(one => one.Contains(feed))));
    }

    private static ClaimsIdentity Identity() => new([new(ClaimTypes.Name, "ann"), new(ClaimTypes.Role, "dev"), new("other", "ops"), new(ClaimTypes.Role, "staff")], "test");

    private static GrantTable Table(Random random) => new([.. Enumerable.Range(0, random.Next(8)).Select(_ =>
    {
        GrantSubject subject = (GrantSubject)random.Next(Enum.GetValues<GrantSubject>().Length);
        string name = subject switch
        {
            GrantSubject.User => random.Next(2) == 0 ? "ann" : "bob",
            GrantSubject.Role => (string[])["dev", "staff", "ops"] is var roles ? roles[random.Next(roles.Length)] : "",
            _ => "",
        };
        return new Grant(subject, name, Patterns[random.Next(Patterns.Length)], Repositories[random.Next(Repositories.Length)], random.Next(1, 128), random.Next(5) == 0);
    })]);
}
