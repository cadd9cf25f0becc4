using System.Security.Claims;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Authorization;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.ApiKeys;
using Registry.AspNetCore.Tests.Testing;
using Registry.Storage;
using Registry.Storage.InMemory;

namespace Registry.AspNetCore.Tests.Credentials;

/// <summary>API keys: what they look like, what they let in, and when they end.</summary>
public sealed class ApiKeyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_signs_in_as_its_owner_by_password_and_by_bearer()
    {
        await using var rig = Rig();
        CreatedApiKey created = await rig.Keys.CreateAsync(
            new ApiKeyRequest { Name = "build", Owner = "ann", OwnerRoles = ["ci"], Feeds = ["team-*"], Actions = [RegistryAction.Pull, RegistryAction.Push] }, Cancel);

        ClaimsIdentity? byPassword = await rig.SignInAsync("api", created.Key);
        SignInResult byBearer = await rig.Chain.SignInWithKeyAsync(created.Key, SignInRig.Home, Cancel);

        Assert.Equal("api-keys", byBearer.Validator);
        foreach (ClaimsIdentity identity in (ClaimsIdentity[])[byPassword!, byBearer.Identity!])
        {
            Assert.Equal("ann", identity.Name);
            Assert.True(identity.IsAuthenticated);
            Assert.Equal("ci", identity.FindFirst(ClaimTypes.Role)?.Value);
            Assert.Equal(created.Info.Id, identity.FindFirst(RegistryClaims.ApiKey)?.Value);
            Assert.Equal("team-*", identity.FindFirst(RegistryClaims.OnlyFeed)?.Value);
            Assert.Equal(["Pull", "Push"], identity.FindAll(RegistryClaims.OnlyAction).Select(static claim => claim.Value));
        }

        Assert.Null(await rig.SignInAsync("ann", created.Key));
    }

    [Fact]
    public async Task Keys_can_be_found_by_scanners_and_are_not_stored()
    {
        var store = new WatchedStore();
        await using var rig = Rig(store);

        CreatedApiKey created = await CreateAsync(rig);

        Assert.Equal(79, created.Key.Length);
        Assert.Matches($@"\A{ApiKeyText.Pattern}\z", created.Key);
        Assert.StartsWith("drk_" + created.Info.Id, created.Key, StringComparison.Ordinal);
        (string key, string content) = Assert.Single(store.Written);
        Assert.Equal($"auth/api-keys/{created.Info.Id}", key);
        Assert.DoesNotContain(created.Key[30..73], content, StringComparison.Ordinal);
        Assert.DoesNotContain(created.Key[30..], ApiKeyText.TryParse(created.Key, out ApiKeyText text) ? text.ToString() : "", StringComparison.Ordinal);
    }

    [Fact]
    public void The_checksum_is_that_of_zip_files()
    {
        // CRC-32 of these 73 characters, by Python's zlib: 0x6694356a.
        const string text = "drk_01jgh0000000000000000000000123456789abcdefghijABCDEFGHIJklmnopqrst012";

        string key = new ApiKeyText("01jgh000000000000000000000", "0123456789abcdefghijABCDEFGHIJklmnopqrst012").Reveal();

        Assert.Equal(text, key[..^6]);
        Assert.Equal(0x6694356a, key[^6..].Aggregate(0L, static (sum, c) => (sum * 62) + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".IndexOf(c)));
    }

    [Fact]
    public async Task What_cannot_be_a_key_costs_no_look_into_the_store()
    {
        var store = new WatchedStore();
        await using var rig = Rig(store);
        string key = (await CreateAsync(rig)).Key;
        int before = store.Reads;

        string[] others = [key[..^1], key + "0", key[..^1] + (key[^1] == '0' ? '1' : '0'), "drk_" + new string('0', 75), key.ToUpperInvariant(), key.Replace("drk_", "dkr_", StringComparison.Ordinal), new string('\0', 79), "x"];
        Assert.All(others, static other => Assert.False(ApiKeyText.TryParse(other, out _)));
        foreach (string other in others)
        {
            Assert.Null(await rig.SignInAsync("api", other));
        }

        Assert.Equal(before, store.Reads);
        Assert.NotNull(await rig.SignInAsync("api", key));
        Assert.Equal(before + 1, store.Reads);
    }

    [Fact]
    public async Task The_right_id_with_another_secret_is_refused()
    {
        await using var rig = Rig();
        CreatedApiKey created = await CreateAsync(rig);

        Assert.Null(await rig.SignInAsync("api", ApiKeyText.Create(created.Info.Id).Reveal()));
        Assert.Null(await rig.SignInAsync("api", ApiKeyText.Create("01jgh000000000000000000000").Reveal()));
    }

    [Fact]
    public async Task An_expired_key_is_refused_to_the_second()
    {
        await using var rig = Rig();
        CreatedApiKey created = await CreateAsync(rig, expires: rig.Clock.GetUtcNow().AddHours(1));
        ClaimsIdentity identity = await rig.MustSignInAsync("api", created.Key);

        rig.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.NotNull(await rig.SignInAsync("api", created.Key));
        rig.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await rig.SignInAsync("api", created.Key));
        Assert.Null(await rig.Chain.RenewAsync("api-keys", identity, Cancel));
    }

    [Fact]
    public async Task A_revoked_key_ends_at_once_here_and_within_half_a_second_elsewhere()
    {
        var clock = new ManualClock();
        var store = new WatchedStore();
        await using var here = Rig(store, clock: clock);
        await using var elsewhere = Rig(store, clock: clock);
        CreatedApiKey created = await CreateAsync(here);
        Assert.NotNull(await here.SignInAsync("api", created.Key));
        ClaimsIdentity identity = await elsewhere.MustSignInAsync("api", created.Key);

        Assert.True(await here.Keys.RevokeAsync(created.Info.Id, Cancel));

        Assert.Null(await here.SignInAsync("api", created.Key));
        Assert.NotNull(await elsewhere.SignInAsync("api", created.Key));
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Null(await elsewhere.SignInAsync("api", created.Key));
        Assert.Null(await elsewhere.Chain.RenewAsync("api-keys", identity, Cancel));
        Assert.False(await elsewhere.Keys.RevokeAsync(created.Info.Id, Cancel));
        Assert.NotNull((await elsewhere.Keys.FindAsync(created.Info.Id, Cancel))?.Revoked);
    }

    [Fact]
    public async Task Many_requests_with_a_key_read_it_once_in_half_a_second()
    {
        var store = new WatchedStore();
        await using var rig = Rig(store);
        CreatedApiKey created = await CreateAsync(rig);
        int before = store.Reads;
        store.Gate = new TaskCompletionSource();

        Task<ClaimsIdentity?>[] burst = [.. Enumerable.Range(0, 50).Select(_ => rig.SignInAsync("api", created.Key))];
        store.Gate.SetResult();

        Assert.All(await Task.WhenAll(burst), Assert.NotNull);
        Assert.NotNull(await rig.SignInAsync("api", created.Key));
        Assert.Equal(before + 1, store.Reads);
        rig.Clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.NotNull(await rig.SignInAsync("api", created.Key));
        Assert.Equal(before + 2, store.Reads);
    }

    [Fact]
    public async Task A_read_that_hangs_is_not_waited_for_by_those_who_come_later_and_one_who_leaves_ends_it_for_nobody()
    {
        var store = new WatchedStore();
        await using var rig = Rig(store);
        CreatedApiKey created = await CreateAsync(rig);
        var hanging = new TaskCompletionSource();
        store.Gate = hanging;
        using var leave = new CancellationTokenSource();
        Task<SignInResult> leaving = rig.Chain.SignInWithKeyAsync(created.Key, null, leave.Token).AsTask();
        Task<ClaimsIdentity?> staying = rig.SignInAsync("api", created.Key);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        rig.Clock.Advance(TimeSpan.FromMilliseconds(500));
        store.Gate = null;

        Assert.NotNull(await rig.SignInAsync("api", created.Key));
        Assert.False(staying.IsCompleted);
        hanging.SetResult();
        Assert.NotNull(await staying);
    }

    [Fact]
    public async Task A_key_has_the_roles_that_its_owner_has_now_and_ends_with_the_owner()
    {
        var directory = new ChainTests.Directory();
        await using var rig = Rig(configure: builder => builder.AddCredentialValidator(_ => directory));
        CreatedApiKey created = await rig.Keys.CreateAsync(new ApiKeyRequest { Name = "build", Owner = "ann", OwnerValidator = "own", OwnerRoles = ["former"] }, Cancel);

        directory.Current = ChainTests.Directory.User("s2", "now");
        ClaimsIdentity identity = await rig.MustSignInAsync("api", created.Key);
        Assert.Equal(["now"], identity.FindAll(ClaimTypes.Role).Select(static claim => claim.Value));
        Assert.Null(identity.FindFirst(RegistryClaims.Stamp));

        directory.Current = ChainTests.Directory.User("s3", "later");
        Assert.Equal("later", (await rig.Chain.RenewAsync("api-keys", identity, Cancel))?.FindFirst(ClaimTypes.Role)?.Value);

        directory.Current = null;
        Assert.Null(await rig.SignInAsync("api", created.Key));
        Assert.Null(await rig.Chain.RenewAsync("api-keys", identity, Cancel));
    }

    [Fact]
    public async Task A_key_whose_owners_validator_is_gone_is_refused()
    {
        var clock = new ManualClock();
        var store = new WatchedStore();
        await using var before = Rig(store, builder => builder.AddCredentialValidator(static _ => new CountingValidator()), clock);
        await using var after = Rig(store, clock: clock);
        CreatedApiKey created = await before.Keys.CreateAsync(new ApiKeyRequest { Name = "build", Owner = "ann", OwnerValidator = "own", OwnerRoles = ["ci"] }, Cancel);

        Assert.Equal("ci", (await before.SignInAsync("api", created.Key))?.FindFirst(ClaimTypes.Role)?.Value);
        Assert.Null(await after.SignInAsync("api", created.Key));
    }

    [Theory]
    [InlineData("", "team", "team")]
    [InlineData("team-*", "", "team-*")]
    [InlineData("*", "team", "team")]
    [InlineData("team-*", "team-a other", "team-a")]
    [InlineData("team-*", "team-*", "team-*")]
    [InlineData("team-*", "team-a* *", null)]
    [InlineData("team", "other", null)]
    public void A_key_opens_no_feed_that_its_owner_is_kept_from(string owner, string key, string? both)
    {
        static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(both, Narrowing.OfFeeds(Split(owner), Split(key)) is { } feeds ? string.Join(' ', feeds) : null);
    }

    [Fact]
    public async Task Keys_are_listed_by_owner()
    {
        await using var rig = Rig();
        CreatedApiKey[] created = [await CreateAsync(rig), await CreateAsync(rig, "bob"), await CreateAsync(rig)];
        await rig.Keys.RevokeAsync(created[2].Info.Id, Cancel);

        List<ApiKey> all = await rig.Keys.ListAsync(null, Cancel).ToListAsync(Cancel);
        List<ApiKey> anns = await rig.Keys.ListAsync("ann", Cancel).ToListAsync(Cancel);

        Assert.Equal(created.Select(static key => key.Info.Id).Order(StringComparer.Ordinal), all.Select(static key => key.Id));
        Assert.Equal(2, anns.Count);
        Assert.Single(anns, static key => key.Revoked is not null);
    }

    [Fact]
    public async Task The_last_use_is_written_now_and_then_and_at_the_end()
    {
        var clock = new ManualClock();
        var store = new WatchedStore();
        await using var rig = Rig(store, clock: clock);
        CreatedApiKey created = await CreateAsync(rig);
        for (int i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            Assert.NotNull(await rig.SignInAsync("api", created.Key));
        }

        Assert.Single(store.Written);
        Assert.Null((await rig.Keys.FindAsync(created.Info.Id, Cancel))?.LastUsed);
        await rig.Uses.WriteAsync(Cancel);
        Assert.Equal(clock.GetUtcNow(), (await rig.Keys.FindAsync(created.Info.Id, Cancel))?.LastUsed);
        Assert.Equal(2, store.Written.Count);
        Assert.Equal(0, rig.Uses.Count);
        await rig.Uses.WriteAsync(Cancel);
        Assert.Equal(2, store.Written.Count);

        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull(await rig.SignInAsync("api", created.Key));
        await rig.Uses.StopAsync(Cancel);
        Assert.Equal(clock.GetUtcNow(), (await rig.Keys.FindAsync(created.Info.Id, Cancel))?.LastUsed);
    }

    [Fact]
    public async Task A_use_that_is_written_late_undoes_no_revocation()
    {
        var clock = new ManualClock();
        var store = new WatchedStore();
        await using var here = Rig(store, clock: clock);
        await using var elsewhere = Rig(store, clock: clock);
        CreatedApiKey created = await CreateAsync(here);
        Assert.NotNull(await here.SignInAsync("api", created.Key));

        // Between the read and the write of the use, the key is revoked.
        store.BeforeNextPut = () => elsewhere.Keys.RevokeAsync(created.Info.Id, Cancel).AsTask();
        await here.Uses.WriteAsync(Cancel);

        Assert.NotNull((await here.Keys.FindAsync(created.Info.Id, Cancel))?.Revoked);
        Assert.Null(await here.SignInAsync("api", created.Key));
        Assert.Equal(0, here.Uses.Count);
    }

    [Fact]
    public async Task Uses_are_gathered_up_to_a_bound_and_kept_when_the_store_fails()
    {
        var store = new WatchedStore();
        await using var rig = Rig(store);
        CreatedApiKey created = await CreateAsync(rig);
        Assert.NotNull(await rig.SignInAsync("api", created.Key));
        store.Fault = new StoreUnavailableException();
        await rig.Uses.WriteAsync(Cancel);
        Assert.Equal(1, rig.Uses.Count);
        Assert.Single(rig.Logs.Complaints);

        for (int i = 0; i < 2 * ApiKeyUses.MaxKeys; i++)
        {
            rig.Uses.Note($"id {i}", default);
        }

        Assert.Equal(ApiKeyUses.MaxKeys, rig.Uses.Count);
    }

    [Fact]
    public async Task One_bad_key_does_not_hold_the_others_of_an_address_back()
    {
        await using var rig = Rig();
        CreatedApiKey good = await CreateAsync(rig);
        CreatedApiKey revoked = await CreateAsync(rig);
        await rig.Keys.RevokeAsync(revoked.Info.Id, Cancel);
        for (int i = 0; i < 10; i++)
        {
            Assert.Null(await rig.SignInAsync("api", revoked.Key));
        }

        Assert.NotNull((await rig.Chain.SignInAsync("api", revoked.Key, SignInRig.Home, Cancel)).RetryAfter);
        Assert.NotNull(await rig.SignInAsync("api", good.Key));
    }

    [Fact]
    public async Task A_request_out_of_its_limits_is_refused()
    {
        await using var rig = Rig();
        ApiKeyRequest[] requests =
        [
            new() { Name = "", Owner = "ann" },
            new() { Name = "a\nb", Owner = "ann" },
            new() { Name = "a", Owner = "" },
            new() { Name = "a", Owner = "a\0" },
            new() { Name = "a", Owner = "ann", OwnerValidator = "nobody" },
            new() { Name = "a", Owner = "ann", OwnerRoles = [""] },
            new() { Name = "a", Owner = "ann", Feeds = ["a b"] },
            new() { Name = "a", Owner = "ann", Feeds = [.. Enumerable.Repeat("a", 65)] },
            new() { Name = "a", Owner = "ann", Actions = [(RegistryAction)99] },
            new() { Name = "a", Owner = "ann", Expires = rig.Clock.GetUtcNow() },
        ];

        foreach (ApiKeyRequest request in requests)
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await rig.Keys.CreateAsync(request, Cancel));
        }

        Assert.False(await rig.Keys.RevokeAsync("../../registry-format", Cancel));
        Assert.Null(await rig.Keys.FindAsync("../../registry-format", Cancel));
    }

    [Fact]
    public async Task Keys_of_one_registry_mean_nothing_to_another()
    {
        var services = new ServiceCollection();
        services.AddDockerRegistry("one").AddInMemoryStorage().AllowAnonymous().AddApiKeys().AddApiKeys();
        services.AddDockerRegistry("two").AddInMemoryStorage().AllowAnonymous().AddApiKeys();
        await using ServiceProvider provider = services.BuildServiceProvider();
        CreatedApiKey created = await provider.GetRequiredKeyedService<IApiKeyService>("one").CreateAsync(new ApiKeyRequest { Name = "a", Owner = "ann" }, Cancel);

        Assert.NotNull((await provider.GetRequiredKeyedService<ICredentialChain>("one").SignInWithKeyAsync(created.Key, null, Cancel)).Identity);
        Assert.Null((await provider.GetRequiredKeyedService<ICredentialChain>("two").SignInWithKeyAsync(created.Key, null, Cancel)).Identity);
        Assert.Null(provider.GetService<IApiKeyService>());
    }

    private static ValueTask<CreatedApiKey> CreateAsync(SignInRig rig, string owner = "ann", DateTimeOffset? expires = null) =>
        rig.Keys.CreateAsync(new ApiKeyRequest { Name = "build", Owner = owner, Expires = expires }, Cancel);

    private static SignInRig Rig(WatchedStore? store = null, Action<IDockerRegistryBuilder>? configure = null, ManualClock? clock = null) => new(
        builder =>
        {
            if (store is not null)
            {
                builder.Services.AddSingleton(store);
                builder.AddStorage(_ => store);
            }

            configure?.Invoke(builder);
            builder.AddApiKeys();
        },
        clock: clock);

    /// <summary>Counts reads, keeps what is written, and holds reads back where it is told to.</summary>
    private sealed class WatchedStore() : ProxyStore(new InMemoryObjectStore(TimeProvider.System))
    {
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public List<(string Key, string Content)> Written { get; } = [];

        public TaskCompletionSource? Gate { get; set; }

        public Exception? Fault { get; set; }

        public Func<Task>? BeforeNextPut { get; set; }

        public override async ValueTask<SmallObject?> GetAsync(string key, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reads);
            if (Fault is not null)
            {
                throw Fault;
            }

            if (Gate is { } gate)
            {
                await gate.Task.WaitAsync(cancellationToken);
            }

            return await base.GetAsync(key, cancellationToken);
        }

        public override async ValueTask<PutResult> PutAsync(string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
        {
            if (BeforeNextPut is { } before)
            {
                BeforeNextPut = null;
                await before();
            }

            Written.Add((key, Encoding.UTF8.GetString(content.Span)));
            return await base.PutAsync(key, content, condition, cancellationToken);
        }
    }
}
