using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Credentials;

namespace Registry.AspNetCore.Tests.Credentials;

/// <summary>What a registry asks its validators, and what it does not.</summary>
public sealed class ChainTests
{
    [Fact]
    public async Task Validators_are_asked_in_order_until_one_accepts()
    {
        var first = new CountingValidator("first", "one");
        var second = new CountingValidator("second", "two");
        await using var rig = Rig(first, second);

        SignInResult result = await rig.Chain.SignInAsync("ann", "two", SignInRig.Home, TestContext.Current.CancellationToken);

        Assert.Equal("second", result.Validator);
        Assert.Equal("ann", result.Identity?.Name);
        Assert.True(result.Identity!.IsAuthenticated);
        Assert.Single(first.Asked);
        Assert.NotNull(await rig.SignInAsync("ann", "one"));
        Assert.Single(second.Asked);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_only_after_all_were_asked()
    {
        var first = new CountingValidator("first");
        var second = new CountingValidator("second");
        await using var rig = Rig(first, second);

        Assert.Null(await rig.SignInAsync("ann", "wrong"));

        Assert.Single(first.Asked);
        Assert.Single(second.Asked);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u007f")]
    [InlineData("a\u0085")]
    public async Task A_user_name_with_control_characters_is_refused_without_asking(string userName)
    {
        var validator = new CountingValidator();
        await using var rig = Rig(validator);

        Assert.Null(await rig.SignInAsync(userName, "right"));

        Assert.Empty(validator.Asked);
    }

    [Fact]
    public async Task Huge_names_and_passwords_and_empty_passwords_are_refused_without_asking()
    {
        var validator = new CountingValidator();
        await using var rig = Rig(validator);

        Assert.Null(await rig.SignInAsync(new string('a', 256), "right"));
        Assert.Null(await rig.SignInAsync("ann", new string('a', 4097)));
        Assert.Null(await rig.SignInAsync("ann", ""));
        Assert.Empty(validator.Asked);

        Assert.Null(await rig.SignInAsync(new string('a', 255), new string('a', 4096)));
        Assert.Single(validator.Asked);
    }

    [Fact]
    public async Task The_user_api_is_asked_of_nobody_but_the_api_keys()
    {
        var validator = new CountingValidator();
        await using var rig = Rig(validator);

        Assert.Null(await rig.SignInAsync("api", "right"));
        Assert.Null((await rig.Chain.SignInWithKeyAsync("right", SignInRig.Home, TestContext.Current.CancellationToken)).Identity);

        Assert.Empty(validator.Asked);
    }

    [Fact]
    public async Task What_was_accepted_is_remembered_for_a_minute()
    {
        var validator = new CountingValidator();
        await using var rig = Rig(validator);

        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("ann", (await rig.SignInAsync("ann", "right"))?.Name);
        }

        Assert.Single(validator.Asked);
        Assert.Null(await rig.SignInAsync("ann", "right "));
        Assert.Equal(2, validator.Asked.Count);

        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(await rig.SignInAsync("ann", "right"));
        Assert.Equal(3, validator.Asked.Count);
    }

    [Fact]
    public async Task Nothing_is_remembered_where_the_time_is_zero()
    {
        var validator = new CountingValidator();
        await using var rig = new SignInRig(builder => builder.AddCredentialValidator(_ => validator), static options => options.RememberAcceptedFor = TimeSpan.Zero);

        Assert.NotNull(await rig.SignInAsync("ann", "right"));
        Assert.NotNull(await rig.SignInAsync("ann", "right"));

        Assert.Equal(2, validator.Asked.Count);
    }

    [Fact]
    public async Task A_user_that_its_directory_no_longer_has_is_refused_although_it_is_remembered()
    {
        var directory = new Directory();
        await using var rig = Rig(directory);
        Assert.NotNull(await rig.SignInAsync("ann", "right"));

        directory.Current = null;
        directory.Fault = new CredentialsUnavailableException();

        await Assert.ThrowsAsync<CredentialsUnavailableException>(() => rig.SignInAsync("ann", "right"));
        Assert.Equal(2, directory.Asked.Count);
    }

    [Fact]
    public async Task A_remembered_user_has_the_roles_of_now_and_ends_with_another_stamp()
    {
        var directory = new Directory();
        await using var rig = Rig(directory);
        ClaimsIdentity? before = await rig.SignInAsync("ann", "right");

        directory.Current = Directory.User("s1", "ci");
        Assert.Contains((await rig.SignInAsync("ann", "right"))!.Claims, static claim => claim is { Type: ClaimTypes.Role, Value: "ci" });
        Assert.Single(directory.Asked);
        Assert.NotNull(await rig.Chain.RenewAsync("own", before!, TestContext.Current.CancellationToken));

        directory.Current = Directory.User("s2");
        Assert.Null(await rig.Chain.RenewAsync("own", before!, TestContext.Current.CancellationToken));
        await rig.SignInAsync("ann", "right");
        Assert.Equal(2, directory.Asked.Count);
    }

    [Fact]
    public async Task A_user_of_a_validator_that_is_gone_has_to_sign_in_again_and_one_of_a_validator_without_a_directory_stays()
    {
        await using var rig = Rig(new CountingValidator());
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "ann")], "own");

        Assert.Null(await rig.Chain.RenewAsync("former", identity, TestContext.Current.CancellationToken));
        Assert.Same(identity, await rig.Chain.RenewAsync("own", identity, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_reached_makes_no_password_wrong_and_counts_as_no_failure()
    {
        var broken = new CountingValidator("broken") { Fault = new CredentialsUnavailableException() };
        var whole = new CountingValidator("whole");
        await using var rig = Rig(broken, whole);

        Assert.NotNull(await rig.SignInAsync("ann", "right"));
        for (int i = 0; i < 30; i++)
        {
            await Assert.ThrowsAsync<CredentialsUnavailableException>(() => rig.SignInAsync("ann", "wrong"));
        }

        Assert.Equal(31, whole.Asked.Count);
    }

    [Fact]
    public async Task A_burst_of_the_same_right_password_is_checked_a_few_times_only()
    {
        var open = new TaskCompletionSource();
        var validator = new CountingValidator { Before = cancel => open.Task.WaitAsync(cancel) };
        await using var rig = Rig(validator);

        Task<ClaimsIdentity?>[] burst = [.. Enumerable.Range(0, 100).Select(_ => rig.SignInAsync("ann", "right"))];
        open.SetResult();

        Assert.All(await Task.WhenAll(burst), Assert.NotNull);
        Assert.InRange(validator.Asked.Count, 1, 8);
    }

    [Fact]
    public async Task A_burst_of_guesses_gets_no_further_than_the_throttle_allows()
    {
        var open = new TaskCompletionSource();
        var validator = new CountingValidator { Before = cancel => open.Task.WaitAsync(cancel) };
        await using var rig = Rig(validator);

        Task<ClaimsIdentity?>[] burst = [.. Enumerable.Range(0, 300).Select(i => rig.SignInAsync("ann", $"guess {i}"))];
        open.SetResult();

        Assert.All(await Task.WhenAll(burst), Assert.Null);
        Assert.InRange(validator.Asked.Count, 10, 17);
    }

    [Fact]
    public async Task Who_waits_for_a_turn_can_leave()
    {
        var open = new TaskCompletionSource();
        var validator = new CountingValidator { Before = cancel => open.Task.WaitAsync(cancel) };
        await using var rig = Rig(validator);
        Task<ClaimsIdentity?>[] busy = [.. Enumerable.Range(0, 8).Select(i => rig.SignInAsync("ann", $"guess {i}"))];
        using var leave = new CancellationTokenSource();

        Task<SignInResult> waiting = rig.Chain.SignInAsync("ann", "right", SignInRig.Home, leave.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(8, validator.Asked.Count);
        open.SetResult();
        await Task.WhenAll(busy);
    }

    [Fact]
    public async Task Two_validators_of_one_name_are_a_mistake()
    {
        await using var rig = Rig(new CountingValidator("same"), new CountingValidator("same"), new CountingValidator(""));

        Assert.Contains(rig.Mistakes, static mistake => mistake.Contains("'same'", StringComparison.Ordinal));
        Assert.Contains(rig.Mistakes, static mistake => mistake.Contains("has no name", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_validator_may_be_given_by_its_type()
    {
        await using var rig = new SignInRig(static builder => builder.AddCredentialValidator<Directory>());

        Assert.NotNull(await rig.SignInAsync("ann", "right"));
        Assert.Empty(rig.Mistakes);
    }

    [Fact]
    public async Task Every_setting_out_of_its_range_is_named()
    {
        await using var rig = new SignInRig(static builder => builder.AddCredentialValidator<Directory>(), static options =>
        {
            options.FailuresBeforeThrottle = 0;
            options.FailuresBeforeAddressThrottle = -1;
            options.FailureWindow = TimeSpan.Zero;
            options.FirstThrottleDelay = TimeSpan.Zero;
            options.MaxThrottleDelay = TimeSpan.FromDays(2);
            options.RememberAcceptedFor = TimeSpan.FromMinutes(6);
            options.ApiKeyUseInterval = TimeSpan.Zero;
        });

        Assert.Equal(7, rig.Mistakes.Length);
        Assert.All(typeof(CredentialOptions).GetProperties(), property => Assert.Contains(rig.Mistakes, mistake => mistake.StartsWith($"CredentialOptions.{property.Name} is ", StringComparison.Ordinal)));
    }

    private static SignInRig Rig(params ICredentialValidator[] validators) => new(builder =>
    {
        foreach (ICredentialValidator validator in validators)
        {
            builder.AddCredentialValidator(_ => validator);
        }
    });

    internal sealed class Directory() : CountingValidator, IAccountDirectory, ICredentialValidator
    {
        public ClaimsIdentity? Current { get; set; } = User("s1");

        public static ClaimsIdentity User(string stamp, params string[] roles) =>
            new([new Claim(ClaimTypes.Name, "ann"), new Claim(RegistryClaims.Stamp, stamp), .. roles.Select(static role => new Claim(ClaimTypes.Role, role))]);

        public ValueTask<ClaimsIdentity?> FindAsync(string userName, CancellationToken cancellationToken) => ValueTask.FromResult(userName == "ann" ? Current : null);

        async ValueTask<ClaimsIdentity?> ICredentialValidator.ValidateAsync(RegistryCredentials credentials, CancellationToken cancellationToken) =>
            await ValidateAsync(credentials, cancellationToken) is null ? null : Current;
    }
}
