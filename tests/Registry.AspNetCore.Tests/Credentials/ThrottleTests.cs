using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.Throttling;

namespace Registry.AspNetCore.Tests.Credentials;

/// <summary>How failures are held back, and whom they do not concern.</summary>
public sealed class ThrottleTests
{
    private readonly CountingValidator _validator = new();

    [Fact]
    public async Task After_ten_failures_the_next_attempt_has_to_wait_and_nobody_is_asked()
    {
        await using var rig = Rig();
        for (int i = 0; i < 10; i++)
        {
            Assert.Null(await rig.FailAsync("ann"));
        }

        SignInResult result = await rig.Chain.SignInAsync("ann", "right", SignInRig.Home, TestContext.Current.CancellationToken);

        Assert.Null(result.Identity);
        Assert.Equal(TimeSpan.FromSeconds(1), result.RetryAfter);
        Assert.Equal(10, _validator.Asked.Count);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(await rig.SignInAsync("ann", "right"));
    }

    [Fact]
    public async Task The_wait_doubles_up_to_a_quarter_of_an_hour()
    {
        await using var rig = Rig();
        for (int i = 0; i < 10; i++)
        {
            await rig.FailAsync("ann");
        }

        var waits = new List<double>();
        for (int i = 0; i < 14; i++)
        {
            TimeSpan wait = Assert.NotNull(await rig.FailAsync("ann"));
            waits.Add(wait.TotalSeconds);
            rig.Clock.Advance(wait);
            Assert.Null(await rig.FailAsync("ann"));
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900], waits);
    }

    [Fact]
    public async Task A_strangers_address_cannot_lock_the_owner_out()
    {
        await using var rig = Rig();
        for (int i = 0; i < 1000; i++)
        {
            await rig.FailAsync("ann", SignInRig.Away);
        }

        Assert.NotNull(await rig.FailAsync("ann", SignInRig.Away));
        Assert.NotNull(await rig.SignInAsync("ann", "right", SignInRig.Home));
    }

    [Fact]
    public async Task A_throttled_stranger_learns_nothing_of_the_password_that_the_owner_just_used()
    {
        await using var rig = Rig();
        Assert.NotNull(await rig.SignInAsync("ann", "right", SignInRig.Home));
        for (int i = 0; i < 10; i++)
        {
            await rig.FailAsync("ann", SignInRig.Away);
        }

        Assert.Null(await rig.SignInAsync("ann", "right", SignInRig.Away));
        Assert.NotNull(await rig.SignInAsync("ann", "right", SignInRig.Home));
    }

    [Fact]
    public async Task Another_user_at_the_address_is_not_held_back_until_a_hundred_failures()
    {
        await using var rig = Rig();
        for (int i = 0; i < 99; i++)
        {
            Assert.Null(await rig.FailAsync(string.Create(CultureInfo.InvariantCulture, $"user{i}")));
        }

        Assert.NotNull(await rig.SignInAsync("ann", "right"));
        Assert.Null(await rig.FailAsync("user99"));
        Assert.NotNull(await rig.FailAsync("user100"));
        Assert.Null(await rig.SignInAsync("ann", "right"));
        Assert.NotNull(await rig.SignInAsync("ann", "right", SignInRig.Away));
    }

    [Fact]
    public async Task A_success_forgives_the_users_failures_and_not_the_addresses()
    {
        await using var rig = Rig();
        for (int round = 0; round < 11; round++)
        {
            for (int i = 0; i < 9; i++)
            {
                Assert.Null(await rig.FailAsync("ann"));
            }

            Assert.NotNull(await rig.SignInAsync("ann", "right"));
        }

        // 99 failures: the address has one left.
        Assert.Null(await rig.FailAsync("somebody"));
        Assert.NotNull(await rig.FailAsync("somebody"));
    }

    [Fact]
    public async Task Failures_that_lie_further_apart_than_the_window_are_forgotten()
    {
        await using var rig = Rig();
        for (int round = 0; round < 5; round++)
        {
            for (int i = 0; i < 9; i++)
            {
                Assert.Null(await rig.FailAsync("ann"));
            }

            rig.Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task A_quarter_of_an_hour_of_quiet_ends_the_doubling()
    {
        await using var rig = Rig();
        for (int i = 0; i < 10; i++)
        {
            await rig.FailAsync("ann");
        }

        rig.Clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));

        for (int i = 0; i < 10; i++)
        {
            Assert.Null(await rig.FailAsync("ann"));
        }
    }

    [Fact]
    public async Task Spellings_of_a_name_that_a_directory_may_take_for_one_are_counted_as_one()
    {
        await using var rig = Rig();
        foreach (string name in (string[])["ann", "ANN", "Ann", " ann", "ann ", "aNN", "anN", "AnN", "ANn", "aNn"])
        {
            Assert.Null(await rig.FailAsync(name));
        }

        Assert.NotNull(await rig.FailAsync("ann"));
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData(null, null, true)]
    [InlineData(null, "192.0.2.1", false)]
    public void An_address_stands_for_itself_and_a_network_of_ipv6_for_all_in_it(string? one, string? other, bool isSame)
    {
        string Of(string? text) => AddressKey.Of(text is null ? null : IPAddress.Parse(text));

        Assert.Equal(isSame, Of(one) == Of(other));
    }

    [Fact]
    public void The_table_is_bounded_and_the_oldest_make_room()
    {
        var clock = new ManualClock();
        var throttle = new FailureThrottle(new CredentialOptions { FailuresBeforeThrottle = 1, FailuresBeforeAddressThrottle = 1 }, clock);
        FailureThrottle.Attempt first = throttle.Identify("first", SignInRig.Home);
        throttle.Failed(first);
        Assert.NotNull(throttle.RetryAfter(first));

        for (int i = 0; i < 40_000; i++)
        {
            throttle.Failed(throttle.Identify("ann", new IPAddress(i)));
        }

        Assert.Equal(FailureThrottle.MaxEntries, throttle.Count);
        Assert.Null(throttle.RetryAfter(first));
        Assert.NotNull(throttle.RetryAfter(throttle.Identify("ann", new IPAddress(39_999))));
    }

    private SignInRig Rig() => new(builder => builder.AddCredentialValidator(_ => _validator));
}
