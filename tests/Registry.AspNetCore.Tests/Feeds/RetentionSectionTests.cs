using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Feeds;
using Registry.AspNetCore.Tests.Testing;
using Registry.Feeds;

namespace Registry.AspNetCore.Tests.Feeds;

/// <summary>A feed's rules on what it keeps, in configuration.</summary>
public sealed class RetentionSectionTests
{
    private static IConfigurationSection Section(string json) => new ConfigurationBuilder()
        .AddJsonStream(new MemoryStream(Images.Bytes($$"""{"Feeds":{{json}}}""")))
        .Build()
        .GetSection("Feeds");

    [Fact]
    public void Every_setting_is_read()
    {
        Feed feed = Assert.Single(FeedSection.Read(Section(
            """
            {"team":{"Retention":[
              {"Name":"branches","Repositories":["a*","!ab"],"Origin":"cached","Tags":["pr-*","!pr-1"],"OlderThan":"30.00:00:00","NotPulledFor":"14.00:00:00",
               "KeepNewest":5,"KeepBy":"semanticVersion","KeepPer":"TagPrefix","TotalBytesAbove":10737418240},
              {"Untagged":true,"Tags":""},
              {"Tags":"one"}]}}
            """)));

        Assert.Equal(3, feed.Retention.Count);
        RetentionRule rule = feed.Retention[0];
        Assert.Equal(("branches", ManifestOrigin.Cached, 5, RetentionOrder.SemanticVersion, RetentionScope.TagPrefix), (rule.Name, rule.Origin, rule.KeepNewest, rule.KeepBy, rule.KeepPer));
        Assert.Equal((TimeSpan.FromDays(30), TimeSpan.FromDays(14), 10_737_418_240), (rule.OlderThan, rule.NotPulledFor, rule.TotalBytesAbove));
        Assert.Equal(["a*", "!ab"], rule.Repositories);
        Assert.Equal(["pr-*", "!pr-1"], rule.Tags);
        Assert.False(rule.Untagged);
        Assert.True(feed.Retention[1].Untagged);
        Assert.Empty(feed.Retention[1].Tags);
        Assert.Equal(["one"], feed.Retention[2].Tags);
    }

    [Fact]
    public void Everything_that_cannot_be_read_is_named_by_its_path()
    {
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => FeedSection.Read(Section(
            """
            {"a":{"Retention":"30 days"},
             "b":{"Retention":[{"Origin":"3","Untagged":"x","OlderThan":"30 days","NotPulledFor":"x","KeepNewest":"x","KeepBy":"size","KeepPer":"2","TotalBytesAbove":"10 GB","Age":1,"Older":{"Than":1}}]}}
            """)));

        Assert.Contains("'Feeds:a:Retention' is '30 days'; it must be a list of rules.", e.Message, StringComparison.Ordinal);
        foreach ((string setting, string value) in ((string, string)[])
            [("Origin", "3"), ("Untagged", "x"), ("OlderThan", "30 days"), ("NotPulledFor", "x"), ("KeepNewest", "x"), ("KeepBy", "size"), ("KeepPer", "2"), ("TotalBytesAbove", "10 GB"), ("Age", "1")])
        {
            Assert.Contains($"'Feeds:b:Retention:0:{setting}' is '{value}', which is no value of a retention rule's setting.", e.Message, StringComparison.Ordinal);
        }

        Assert.Contains("'Feeds:b:Retention:0:Older' is no setting of a retention rule.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_condition_is_dropped_because_of_its_shape()
    {
        string[] settings = ["Origin", "Untagged", "OlderThan", "NotPulledFor", "KeepNewest", "KeepBy", "KeepPer", "TotalBytesAbove"];
        foreach (string value in (string[])["""{"Days":14}""", """["14.00:00:00"]""", "\"\""])
        {
            string rules = string.Join(',', settings.Select(setting => $$"""{"Tags":["pr-*"],"{{setting}}":{{value}} }"""));
            InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => FeedSection.Read(Section("""{"a":{"Retention":[""" + rules + "]}}")));
            Assert.All(settings.Index(), one => Assert.Contains($"'Feeds:a:Retention:{one.Index}:{one.Item}'", e.Message, StringComparison.Ordinal));
        }

        InvalidOperationException empty = Assert.Throws<InvalidOperationException>(() => FeedSection.Read(Section("""{"a":{"Retention":[{"Tags":"","OlderThan":"14.00:00:00"}],"Anonymous":["None"]}}""")));
        Assert.Contains("'Feeds:a:Retention:0:Tags' is empty.", empty.Message, StringComparison.Ordinal);
        Assert.Contains("'Feeds:a:Anonymous' is a list or a section; it must be one value.", empty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_out_of_its_range_stops_the_start_and_is_refused_later()
    {
        Assert.Contains(
            "Retention of feed 'team', rule 1: KeepNewest is -1; it must be from 1 to 100000.",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => FeedTests.StartAsync(static registry => registry.AddFeeds(Section("""{"team":{"Retention":[{"KeepNewest":-1}]}}"""))))).Message,
            StringComparison.Ordinal);

        InvalidOperationException patterns = await Assert.ThrowsAsync<InvalidOperationException>(
            () => FeedTests.StartAsync(static registry => registry.AddFeeds(Section("""{"team":{"Retention":[{"Tags":["*","!release-* "],"Repositories":["*","!Base/*"]}]}}"""))));
        Assert.Contains("'!release-* ' in Tags fits no name", patterns.Message, StringComparison.Ordinal);
        Assert.Contains("'!Base/*' in Repositories fits no name", patterns.Message, StringComparison.Ordinal);

        await using RegistryHost host = await FeedTests.StartAsync(static registry => registry.AddFeed("team"));
        var feed = new Feed("team");
        feed.Retention.Add(new RetentionRule { OlderThan = TimeSpan.Zero });
        ArgumentException refused = Assert.Throws<ArgumentException>(() => host.Services.GetRequiredKeyedService<HostFeeds>("").Set(feed));
        Assert.Contains("OlderThan is 00:00:00; it must be from 1 minute to 3,650 days.", refused.Message, StringComparison.Ordinal);
    }
}
