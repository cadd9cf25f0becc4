using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Registry.AspNetCore.Credentials;
using Registry.TestServers.Ldap;

namespace Registry.Authentication.Ldap;

/// <summary>Signing in against a real directory.</summary>
public sealed class LdapTests(SlapdFixture slapd)
{
    private const string Odd = @"b,c=d + (e)*\";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("search", "ldaps")]
    [InlineData("search", "starttls")]
    [InlineData("search", "plain")]
    [InlineData("template", "ldaps")]
    [InlineData("template", "starttls")]
    [InlineData("template", "plain")]
    public async Task A_user_signs_in_by_search_or_template_over_each_kind_of_connection(string way, string security)
    {
        using LdapValidator validator = await ValidatorAsync(way, security);

        ClaimsIdentity? ann = await SignInAsync(validator, "ann", "correct horse");
        ClaimsIdentity? bob = await SignInAsync(validator, "bob", "pässwörd");

        Assert.Equal("ann", ann?.Name);
        Assert.True(ann!.IsAuthenticated);
        Assert.Equal(["Developers", "posix"], Roles(ann));
        Assert.Equal(["nobody else"], Roles(bob!));
        Assert.Null(await SignInAsync(validator, "ann", "wrong"));
        Assert.Null(await SignInAsync(validator, "nobody", "correct horse"));
        Assert.Null(await SignInAsync(validator, "plain", "anything"));
    }

    [Theory]
    [InlineData("search")]
    [InlineData("template")]
    public async Task An_empty_password_is_refused_before_the_directory_is_asked(string way)
    {
        using LdapValidator validator = await ValidatorAsync(way, "ldaps");
        using LdapValidator nowhere = Make(options =>
        {
            options.Servers.Add("ldaps://127.0.0.1:1");
            options.UserBase = "dc=example,dc=org";
        });

        Assert.Null(await SignInAsync(validator, "ann", ""));
        Assert.Null(await SignInAsync(nowhere, "ann", ""));
    }

    [Theory]
    [InlineData("search")]
    [InlineData("template")]
    public async Task The_name_is_as_the_directory_spells_it(string way)
    {
        using LdapValidator validator = await ValidatorAsync(way, "ldaps");

        Assert.Equal("ann", (await SignInAsync(validator, "ANN", "correct horse"))?.Name);
        Assert.Equal("ann", (await SignInAsync(validator, " Ann ", "correct horse"))?.Name);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("an*")]
    [InlineData("ann)(uid=*")]
    [InlineData("ann)(objectClass=*))(|(uid=ann")]
    [InlineData("*)(|(uid=*")]
    [InlineData(@"\61nn")]
    [InlineData("ann,ou=people,dc=example,dc=org")]
    [InlineData("ann,ou=people+uid=ann")]
    [InlineData("{dn}")]
    [InlineData("{user}")]
    [InlineData("ann\0")]
    public async Task Nothing_in_a_user_name_means_anything(string userName)
    {
        foreach (string way in (string[])["search", "template"])
        {
            using LdapValidator validator = await ValidatorAsync(way, "ldaps");

            Assert.Null(await SignInAsync(validator, userName, "correct horse"));
        }
    }

    [Theory]
    [InlineData("search")]
    [InlineData("template")]
    public async Task A_user_name_of_special_characters_is_a_user_name(string way)
    {
        using LdapValidator validator = await ValidatorAsync(way, "ldaps");

        ClaimsIdentity? identity = await SignInAsync(validator, Odd, "odd");

        Assert.Equal(Odd, identity?.Name);
        Assert.Equal(["Developers"], Roles(identity!));
    }

    [Fact]
    public async Task Groups_may_come_from_the_users_entry_and_be_mapped()
    {
        using LdapValidator validator = await ValidatorAsync("search", "ldaps", static options =>
        {
            options.GroupBase = null;
            options.MemberOfAttribute = "memberOf";
            options.Roles["developers"] = "push";
        });
        using LdapValidator mapped = await ValidatorAsync("search", "ldaps", static options => options.Roles["POSIX"] = "ci");
        using LdapValidator byDn = await ValidatorAsync("search", "ldaps", static options =>
        {
            options.MemberOfAttribute = "memberOf";
            options.Roles["cn=developers,ou=groups,dc=example,dc=org"] = "push";
            options.Roles["cn=other,ou=elsewhere,dc=example,dc=org"] = "admin";
        });

        Assert.Equal(["push"], Roles((await SignInAsync(validator, "ann", "correct horse"))!));
        Assert.Empty(Roles((await SignInAsync(validator, "bob", "pässwörd"))!));
        Assert.Equal(["push"], Roles((await SignInAsync(byDn, "ann", "correct horse"))!));
        Assert.Equal(["ci"], Roles((await SignInAsync(mapped, "ann", "correct horse"))!));
    }

    [Fact]
    public async Task A_filter_that_finds_several_users_signs_nobody_in()
    {
        using LdapValidator validator = await ValidatorAsync("search", "ldaps", static options => options.UserFilter = "(|(uid={user})(mail={user}))");

        Assert.Equal("ann", (await SignInAsync(validator, "ann@example.org", "correct horse"))?.Name);
        Assert.Null(await SignInAsync(validator, "same@example.org", "pässwörd"));
    }

    [Fact]
    public async Task A_server_whose_certificate_comes_from_elsewhere_is_not_told_the_password()
    {
        foreach (string security in (string[])["ldaps", "starttls"])
        {
            using LdapValidator validator = await ValidatorAsync("template", security, static options => options.CertificateAuthorityFile = null);

            await Assert.ThrowsAsync<CredentialsUnavailableException>(() => SignInAsync(validator, "ann", "correct horse"));
        }
    }

    [Fact]
    public async Task A_server_by_another_name_than_its_certificates_is_not_told_the_password()
    {
        SlapdServer server = await slapd.RequireAsync(Cancel);
        using LdapValidator validator = await ValidatorAsync("template", "ldaps", options =>
        {
            options.Servers.Clear();
            options.Servers.Add($"ldaps://localhost:{server.TlsPort}");
        });

        await Assert.ThrowsAsync<CredentialsUnavailableException>(() => SignInAsync(validator, "ann", "correct horse"));
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_makes_no_password_wrong_and_the_next_one_is_asked()
    {
        using LdapValidator nowhere = await ValidatorAsync("search", "ldaps", static options =>
        {
            options.Servers.Clear();
            options.Servers.Add("ldaps://127.0.0.1:1");
        });
        using LdapValidator second = await ValidatorAsync("search", "ldaps", static options => options.Servers.Insert(0, "ldaps://127.0.0.1:1"));

        await Assert.ThrowsAsync<CredentialsUnavailableException>(() => SignInAsync(nowhere, "ann", "correct horse"));
        Assert.NotNull(await SignInAsync(second, "ann", "correct horse"));
    }

    [Theory]
    [InlineData("ldaps")]
    [InlineData("ldap")]
    public async Task A_server_that_says_nothing_is_given_up(string scheme)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using LdapValidator validator = Make(options =>
        {
            options.Servers.Add($"{scheme}://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
            options.UserBase = "dc=example,dc=org";
            options.Timeout = TimeSpan.FromSeconds(1);
        });

        await Assert.ThrowsAsync<CredentialsUnavailableException>(() => SignInAsync(validator, "ann", "correct horse"));
    }

    [Fact]
    public async Task A_server_that_talks_nonsense_is_a_directory_that_cannot_be_asked()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using LdapValidator validator = Make(options =>
        {
            options.Servers.Add($"ldap://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
            options.AllowUnencrypted = true;
            options.UserBase = "dc=example,dc=org";
        });

        foreach (byte[] nonsense in (byte[][])["HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], [0x30, 0x80], [0x30, 0x05, 0x02, 0x01, 0x01, 0x65, 0x7f], [0x30, 0x03, 0x02, 0x01, 0x63], []])
        {
            Task<ClaimsIdentity?> signIn = SignInAsync(validator, "ann", "correct horse");
            using (Socket client = await listener.AcceptSocketAsync(Cancel))
            {
                await client.SendAsync(nonsense, Cancel);
                client.Shutdown(SocketShutdown.Send);
                await Assert.ThrowsAsync<CredentialsUnavailableException>(() => signIn);
            }
        }
    }

    [Fact]
    public async Task A_wrong_password_of_the_account_that_searches_makes_no_users_password_wrong()
    {
        using LdapValidator validator = await ValidatorAsync("search", "ldaps", static options => options.BindPassword = "wrong");

        var fault = await Assert.ThrowsAsync<CredentialsUnavailableException>(() => SignInAsync(validator, "ann", "correct horse"));
        Assert.Contains("uid=searcher", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_sign_in_at_once_and_one_that_leaves_is_let_go()
    {
        using LdapValidator validator = await ValidatorAsync("search", "ldaps", static options => options.MaxConcurrency = 4);

        ClaimsIdentity?[] identities = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => SignInAsync(validator, "ann", i % 2 == 0 ? "correct horse" : "wrong")));
        Assert.All(identities.Index(), static found => Assert.Equal(found.Index % 2 == 0, found.Item is not null));

        using var leave = new CancellationTokenSource();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await validator.ValidateAsync(new RegistryCredentials("ann", "correct horse", null), leave.Token));
    }

    [Fact]
    public async Task A_connection_that_lay_idle_and_was_ended_is_replaced()
    {
        SlapdServer second = await slapd.RequireAsync(Cancel);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("registry-slapd-");
        try
        {
            SlapdServer first = await SlapdServer.StartAsync(folder.FullName, $"dn: ou=people,{SlapdServer.Suffix}\nobjectClass: organizationalUnit\nou: people\n", Cancel);
            string authorities = Path.Combine(folder.FullName, "both.pem");
            await File.WriteAllTextAsync(authorities, await File.ReadAllTextAsync(first.AuthorityFile, Cancel) + "\n" + await File.ReadAllTextAsync(second.AuthorityFile, Cancel), Cancel);
            using LdapValidator validator = Make(options =>
            {
                options.Servers.Add(first.Address);
                options.Servers.Add(second.Address);
                options.CertificateAuthorityFile = authorities;
                options.BindDn = SlapdServer.AdminDn;
                options.BindPassword = SlapdServer.AdminPassword;
                options.UserBase = $"ou=people,{SlapdServer.Suffix}";
            });
            Assert.Null(await SignInAsync(validator, "ann", "correct horse"));

            await first.DisposeAsync();

            Assert.NotNull(await SignInAsync(validator, "ann", "correct horse"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Every_mistake_is_named_at_once()
    {
        var fault = Assert.Throws<OptionsValidationException>(() => Make(static options =>
        {
            options.Servers.Add("http://ldap.example.org");
            options.BindDn = "cn=x";
            options.UserFilter = "(uid=*";
            options.GroupFilter = "";
            options.UserNameAttribute = "uid)(";
            options.Timeout = TimeSpan.Zero;
            options.MaxConcurrency = 0;
            options.CertificateAuthorityFile = "/nowhere/ca.pem";
        }));

        Assert.Equal(10, fault.Failures.Count());
        Assert.Contains(fault.Failures, static mistake => mistake.Contains("'http://ldap.example.org'", StringComparison.Ordinal));
        Assert.Contains(fault.Failures, static mistake => mistake.Contains("either UserDnTemplate or UserBase", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_with_wrong_settings_does_not_start()
    {
        using var host = new Microsoft.Extensions.Hosting.HostBuilder()
            .ConfigureServices(static (_, services) => services.AddDockerRegistry().AddInMemoryStorage().AllowAnonymous().AddLdap(static options => options.Servers.Add("nowhere")))
            .Build();

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Cancel));

        Assert.Contains("LdapOptions.Servers: 'nowhere'", fault.Message, StringComparison.Ordinal);
    }

    private static string[] Roles(ClaimsIdentity identity) => [.. identity.FindAll(ClaimTypes.Role).Select(static role => role.Value)];

    private static Task<ClaimsIdentity?> SignInAsync(LdapValidator validator, string userName, string password) =>
        validator.ValidateAsync(new RegistryCredentials(userName, password, null), Cancel).AsTask();

    private static LdapValidator Make(Action<LdapOptions> configure)
    {
        var options = new LdapOptions();
        configure(options);
        return new LdapValidator(options, TimeProvider.System, NullLogger<LdapValidator>.Instance);
    }

    private async Task<LdapValidator> ValidatorAsync(string way, string security, Action<LdapOptions>? configure = null)
    {
        SlapdServer server = await slapd.RequireAsync(Cancel);
        return Make(options =>
        {
            options.Servers.Add(security == "ldaps" ? server.TlsAddress : server.Address);
            options.AllowUnencrypted = security == "plain";
            options.CertificateAuthorityFile = server.AuthorityFile;
            options.GroupBase = $"ou=groups,{SlapdServer.Suffix}";
            if (way == "template")
            {
                options.UserDnTemplate = $"uid={{user}},ou=people,{SlapdServer.Suffix}";
            }
            else
            {
                options.BindDn = $"uid=searcher,{SlapdServer.Suffix}";
                options.BindPassword = "search password";
                options.UserBase = $"ou=people,{SlapdServer.Suffix}";
            }

            configure?.Invoke(options);
        });
    }
}
