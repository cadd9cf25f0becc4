using System.Security.Claims;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Credentials;
using Registry.AspNetCore.Credentials.Users;

namespace Registry.AspNetCore.Tests.Credentials;

/// <summary>Users that the host's configuration or its code names.</summary>
public sealed class ConfiguredUserTests
{
    [Fact]
    public async Task Users_of_a_section_sign_in_with_their_roles()
    {
        await using var rig = Rig(Section(("ann:PasswordHash", SignInRig.Hash("right")), ("ann:Roles:0", "ci"), ("ann:Roles:1", "dev"), ("bob:PasswordHash", SignInRig.Hash("other")), ("bob:Roles", "dev")));

        ClaimsIdentity? ann = await rig.SignInAsync("ann", "right");

        Assert.Empty(rig.Mistakes);
        Assert.Equal("ann", ann?.Name);
        Assert.Equal(["ci", "dev"], ann!.FindAll(ClaimTypes.Role).Select(static role => role.Value));
        Assert.Equal(["dev"], (await rig.SignInAsync("bob", "other"))!.FindAll(ClaimTypes.Role).Select(static role => role.Value));
        Assert.Null(await rig.SignInAsync("bob", "right"));
    }

    [Fact]
    public async Task A_made_hash_is_right_for_its_password_alone()
    {
        string hash = RegistryPasswords.Hash("pässwörd 🔑");
        await using var rig = new SignInRig(builder => builder.AddUsers(users => users.Add("ann", hash, "ci")));

        Assert.NotEqual(hash, RegistryPasswords.Hash("pässwörd 🔑"));
        Assert.NotNull(await rig.SignInAsync("ann", "pässwörd 🔑"));
        Assert.Null(await rig.SignInAsync("ann", "password"));
    }

    [Fact]
    public async Task User_names_keep_their_case()
    {
        await using var rig = new SignInRig(builder => builder.AddUsers(users => users.Add("ann", SignInRig.Hash("1")).Add("Ann", SignInRig.Hash("2"))));

        Assert.Empty(rig.Mistakes);
        Assert.NotNull(await rig.SignInAsync("Ann", "2"));
        Assert.Null(await rig.SignInAsync("Ann", "1"));
        Assert.Null(await rig.SignInAsync("ANN", "1"));
    }

    [Fact]
    public async Task An_unknown_user_costs_the_same_hash_as_a_wrong_password()
    {
        await using var rig = new SignInRig(builder => builder.AddUsers(users => users.Add("ann", SignInRig.Hash("right"))));

        await rig.FailAsync("ann");
        Assert.Equal(1, rig.Hashes);
        await rig.FailAsync("nobody");
        Assert.Equal(2, rig.Hashes);
    }

    [Fact]
    public void The_hash_for_an_unknown_user_is_as_expensive_as_the_most_expensive_of_the_users()
    {
        var mistakes = new List<string>();
        var users = new SectionUsers(Section(("cheap:PasswordHash", SignInRig.Hash("1")), ("dear:PasswordHash", RegistryPasswords.Hash("2"))));

        var table = UserTable.Read("users", [users], isStart: true, mistakes);

        Assert.Empty(mistakes);
        Assert.Null(HashFormat.TryParse(table.DummyHash, out HashFormat format));
        Assert.Equal((3, (uint)RegistryPasswords.Iterations), (format.Version, format.Iterations));
    }

    [Fact]
    public async Task Every_mistake_is_named_at_once_without_a_hash()
    {
        string good = SignInRig.Hash("x");
        await using var rig = new SignInRig(builder => builder
            .AddUsers(users => users
                .Add("a:b", good)
                .Add("a\nb", good)
                .Add("", good)
                .Add(new string('a', 256), good)
                .Add("api", good)
                .Add("none", "")
                .Add("plain", "secret password")
                .Add("short", "AQAAAA==")
                .Add("twice", good)
                .Add("role", good, " "))
            .AddUsers(Section(("twice:PasswordHash", good), ("typo:PasswordHash", good), ("typo:Role", "x"), ("nothing:Roles", "x"))));

        string[] mistakes = rig.Mistakes;

        string[] expected =
        [
            "user 'a:b': its name has a colon", "user 'a?b': its name has control", "user '': its name must have 1 to 255", "user 'aaaa", "user 'api': the name 'api' is kept",
            "user 'none': it has no PasswordHash", "user 'plain': its PasswordHash is not", "user 'short': its PasswordHash is not", "user 'role': a role has no name", "user 'twice': it is there twice",
            "user 'typo': the setting 'Role' means nothing", "user 'nothing': it has no PasswordHash",
        ];
        Assert.Equal(expected.Length, mistakes.Length);
        Assert.All(expected, start => Assert.Contains(mistakes, mistake => mistake.StartsWith(start, StringComparison.Ordinal)));
        Assert.DoesNotContain(mistakes, static mistake => mistake.Contains("secret password", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_section_without_users_is_a_mistake_at_the_start()
    {
        await using var rig = new SignInRig(builder => builder.AddUsers(new ConfigurationBuilder().Build().GetSection("Registry:Usres")));

        Assert.Equal("the configuration section 'Registry:Usres' has no users.", Assert.Single(rig.Mistakes));
    }

    [Fact]
    public async Task A_reload_adds_removes_and_changes_users_at_once()
    {
        ConfigurationRoot configuration = Section(("ann:PasswordHash", SignInRig.Hash("right")), ("bob:PasswordHash", SignInRig.Hash("other")));
        await using var rig = Rig(configuration);
        ClaimsIdentity ann = await rig.MustSignInAsync("ann", "right");
        ClaimsIdentity bob = await rig.MustSignInAsync("bob", "other");

        configuration["ann:PasswordHash"] = SignInRig.Hash("new");
        configuration["bob:Roles:0"] = "ci";
        configuration["eve:PasswordHash"] = SignInRig.Hash("third");
        configuration.Reload();

        Assert.Null(await rig.SignInAsync("ann", "right"));
        Assert.Null(await rig.Chain.RenewAsync("users", ann, TestContext.Current.CancellationToken));
        Assert.NotNull(await rig.SignInAsync("ann", "new"));
        Assert.NotNull(await rig.SignInAsync("eve", "third"));
        ClaimsIdentity? renewed = await rig.Chain.RenewAsync("users", bob, TestContext.Current.CancellationToken);
        Assert.Equal("ci", renewed?.FindFirst(ClaimTypes.Role)?.Value);
        Assert.Empty(rig.Logs.Complaints);
    }

    [Fact]
    public async Task A_removed_user_is_refused_although_the_password_is_remembered()
    {
        ConfigurationRoot configuration = Section(("ann:PasswordHash", SignInRig.Hash("right")), ("bob:PasswordHash", SignInRig.Hash("other")));
        await using var rig = Rig(configuration);
        Assert.NotNull(await rig.SignInAsync("ann", "right"));

        ((Source)configuration.Providers.Single()).Drop("ann:PasswordHash");
        configuration.Reload();

        Assert.Null(await rig.SignInAsync("ann", "right"));
    }

    [Fact]
    public async Task A_reload_with_mistakes_leaves_the_users_and_is_logged()
    {
        ConfigurationRoot configuration = Section(("ann:PasswordHash", SignInRig.Hash("right")));
        await using var rig = Rig(configuration);
        Assert.NotNull(await rig.SignInAsync("ann", "right"));

        configuration["ann:PasswordHash"] = SignInRig.Hash("new");
        configuration["bob:PasswordHash"] = "nonsense";
        configuration.Reload();

        Assert.NotNull(await rig.SignInAsync("ann", "right"));
        Assert.Null(await rig.SignInAsync("ann", "new"));
        var complaint = Assert.Single(rig.Logs.Complaints);
        Assert.Equal(LogLevel.Error, complaint.Level);
        Assert.Contains("'bob'", complaint.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("nonsense", complaint.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stamp_changes_with_the_password_and_holds_none_of_the_hash()
    {
        string hash = SignInRig.Hash("right");
        await using var one = new SignInRig(builder => builder.AddUsers(users => users.Add("ann", hash)));
        await using var other = new SignInRig(builder => builder.AddUsers(users => users.Add("ann", hash)));
        await using var changed = new SignInRig(builder => builder.AddUsers(users => users.Add("ann", SignInRig.Hash("right"))));

        string Stamp(ClaimsIdentity? identity) => identity!.FindFirst(RegistryClaims.Stamp)!.Value;
        string stamp = Stamp(await one.SignInAsync("ann", "right"));

        Assert.Equal(stamp, Stamp(await other.SignInAsync("ann", "right")));
        Assert.NotEqual(stamp, Stamp(await changed.SignInAsync("ann", "right")));
        Assert.Equal(11, stamp.Length);
        Assert.DoesNotContain(stamp, hash, StringComparison.Ordinal);
    }

    private static SignInRig Rig(IConfiguration section) => new(builder => builder.AddUsers(section));

    private static ConfigurationRoot Section(params (string Key, string Value)[] values) =>
        new([new Source(values)]);

    private sealed class Source : ConfigurationProvider
    {
        public Source(IEnumerable<(string Key, string Value)> values)
        {
            foreach ((string key, string value) in values)
            {
                Set(key, value);
            }
        }

        public void Drop(string key) => Data.Remove(key);
    }
}
