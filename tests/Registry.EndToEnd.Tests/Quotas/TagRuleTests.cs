using Registry.EndToEnd.Tests.Clients;
using Registry.EndToEnd.Tests.Hosting;
using Registry.EndToEnd.Tests.Images;

namespace Registry.EndToEnd.Tests.Quotas;

/// <summary>What people read who push or delete a tag against the rules of its feed.</summary>
public sealed class TagRuleTests(TestRun run)
{
    public static TheoryData<string> Clients => [.. Refused.Clients];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Another_image_by_an_immutable_tag_and_a_tag_too_many_are_refused_and_the_first_image_stays(string name)
    {
        var host = await SharedAsync();
        await using var client = await Refused.ClientAsync(run, host, name);
        var repository = $"rules/{name}";
        var first = await client.PushAsync(repository, "v1", [ImageRecipe.Create()], Cancelled);
        var other = ImageRecipe.Create();

        var moved = await Refused.SaysAsync(client, repository, "v1", other);
        var added = await Refused.SaysAsync(client, repository, "v2", other);

        Assert.Contains("The tag 'v1' is there already and immutable here (pattern 'v*')", moved, StringComparison.Ordinal);
        Assert.Contains("The quota of each repository like '*' is too small for this push: tags used 1, asked for 1, allowed 1.", added, StringComparison.Ordinal);
        Assert.Equal(["v1"], await host.Http.GetTagsAsync(repository, Cancelled));
        await ImageAssert.WholeAsync(host.Http, first, Cancelled);
        await ImageAssert.PulledEqualAsync(host.Http, first, client, "amd64", Cancelled);
    }

    [Fact]
    public async Task A_protected_tag_is_not_deleted()
    {
        var host = await SharedAsync();
        await using var skopeo = SkopeoClient.Create(run, new RegistryAccess(host.Name));
        var release = await skopeo.PushAsync("releases/app", "release-1", [ImageRecipe.Create()], Cancelled);
        var other = await skopeo.PushAsync("releases/app", "other", [ImageRecipe.Create()], Cancelled);

        var said = await Refused.SaysAsync(() => skopeo.DeleteAsync(release.Reference, Cancelled));
        await skopeo.DeleteAsync(other.Reference, Cancelled);

        Assert.Contains("The tag 'release-1' is protected here (pattern 'release-*')", said, StringComparison.Ordinal);
        Assert.Equal(["release-1"], await host.Http.GetTagsAsync("releases/app", Cancelled));
        await ImageAssert.WholeAsync(host.Http, release, Cancelled);
    }

    private Task<RegistryHost> SharedAsync() => run.SharedAsync("feeds with rules", () => run.StartAsync(
        HostOptions.Sample(
            "CollectionHost",
            ["--Registry:Data={data}", "--Feeds:rules:ImmutableTags=v*", "--Feeds:rules:RepositoryQuotas:*:Tags=1", "--Feeds:releases:ProtectedTags=release-*"]),
        "rules",
        CancellationToken.None));
}
