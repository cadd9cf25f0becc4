using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Uploads;

public sealed class MountRightsTests : IAsyncLifetime
{
    private RegistryHost? _host;

    private RegistryHost Host => _host!;

    public async ValueTask InitializeAsync() => _host = await Accounts.StartRegistryAsync(static (user, action, repository) => (user, repository) switch
    {
        ("admin", _) => true,
        ("carol", "open/source") => action == RegistryAction.Pull,
        ("carol", "carol/own") => true,
        _ => false,
    });

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    [Theory]
    [Trait("Protocol", "U6")]
    [InlineData("&from=closed/source")]
    [InlineData("&from=closed%2Fsource")]
    [Trait("Protocol", "U7")]
    [InlineData("")]
    public async Task A_blob_that_the_caller_may_not_pull_cannot_be_told_from_one_that_is_nowhere(string from)
    {
        TestBlob blob = await Host.SignIn("admin").PushAsync("closed/source", TestBlob.Random(100));
        RegistryClient carol = Host.SignIn("carol");

        Answer secret = await carol.PostAsync($"/v2/carol/own/blobs/uploads/?mount={blob.Sha256}{from}");
        Answer absent = await carol.PostAsync($"/v2/carol/own/blobs/uploads/?mount={TestBlob.Random(100).Sha256}{from}");

        secret.Expect(202);
        absent.Expect(202);
        Assert.Equal(absent.HeaderNames.Order(), secret.HeaderNames.Order());
        await carol.AssertHasNotAsync("carol/own", blob.Sha256);
    }

    [Theory]
    [Trait("Protocol", "U7")]
    [Trait("Protocol", "U9")]
    [InlineData("&from=open/source")]
    [InlineData("&from=open%2Fsource")]
    [InlineData("")]
    public async Task The_right_to_pull_from_the_source_is_enough(string from)
    {
        TestBlob blob = await Host.SignIn("admin").PushAsync("open/source", TestBlob.Random(100));
        await Host.SignIn("admin").PushAsync("closed/source", blob);
        RegistryClient carol = Host.SignIn("carol");

        (await carol.PostAsync($"/v2/carol/own/blobs/uploads/?mount={blob.Sha256}{from}")).Expect(201);

        await carol.AssertHasAsync("carol/own", blob);
    }

    [Fact]
    [Trait("Protocol", "U5")]
    public async Task The_right_to_pull_from_the_target_is_not_enough()
    {
        TestBlob blob = await Host.SignIn("admin").PushAsync("carol/own", TestBlob.Random(100));

        (await Host.SignIn("carol").PostAsync($"/v2/open/source/blobs/uploads/?mount={blob.Sha256}&from=carol/own")).Expect(403, "DENIED");

        await Host.SignIn("admin").AssertHasNotAsync("open/source", blob.Sha256);
    }

    [Fact]
    [Trait("Protocol", "B3")]
    public async Task Knowing_a_digest_gives_no_right_to_the_blob()
    {
        TestBlob blob = await Host.SignIn("admin").PushAsync("closed/source", TestBlob.Random(100));
        RegistryClient carol = Host.SignIn("carol");

        await carol.AssertHasNotAsync("carol/own", blob.Sha256);
        (await carol.GetAsync($"/v2/closed/source/blobs/{blob.Sha256}")).Expect(403, "DENIED");
        string location = await carol.StartUploadAsync("carol/own");
        (await carol.FinishAsync(location, blob.Sha256)).Expect(400, "DIGEST_INVALID");
        await carol.AssertHasNotAsync("carol/own", blob.Sha256);
    }

    [Fact]
    [Trait("Protocol", "Z3")]
    public async Task The_right_to_push_is_enough_to_cancel_and_less_is_not()
    {
        RegistryHost host = await Accounts.StartRegistryAsync(static (user, action, _) => user switch
        {
            "pusher" => action is RegistryAction.Pull or RegistryAction.Push,
            "puller" => action is RegistryAction.Pull,
            "deleter" => action is RegistryAction.Delete,
            _ => false,
        });
        await using (host)
        {
            string location = await host.SignIn("pusher").StartUploadAsync("some/repository");

            (await host.SignIn("puller").DeleteAsync(location)).Expect(403, "DENIED");
            (await host.SignIn("deleter").DeleteAsync(location)).Expect(403, "DENIED");
            (await host.SignIn("puller").GetAsync(location)).Expect(403, "DENIED");
            (await new RegistryClient(host.Client).DeleteAsync(location)).Expect(401, "UNAUTHORIZED");
            (await host.SignIn("pusher").DeleteAsync(location)).Expect(204);
        }
    }
}
