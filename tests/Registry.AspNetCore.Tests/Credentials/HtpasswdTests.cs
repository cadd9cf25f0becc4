using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Registry.AspNetCore.Credentials.Htpasswd;
using Registry.AspNetCore.Tests.Testing;

namespace Registry.AspNetCore.Tests.Credentials;

/// <summary>Users of a password file. The hashes were made with Apache's htpasswd, and two with libxcrypt itself.</summary>
public sealed class HtpasswdTests : IDisposable
{
    private const string Ann = "ann:$2y$05$K7ZHwAymuOUzpjUMhEesbOonuPDnICsPkPRXERcWRYT0.ApOTsDjC"; // correct horse
    private const string Bob = "bob:$2y$04$LeFJPUdA/1kWHMdM.St1KeUWa.9Hzror0ZKhmIzo96d9rrxsQev0."; // secret
    private const string Uni = "uni:$2y$04$X4CQGZKlA4XHNfBOzl1GrewrWFS4763pDUCXpRxw9oaMRL2Ph4Noa"; // pässwörd
    private const string Old = "old:$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"; // secret
    private const string New = "new:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"; // secret
    private const string Long = "long:$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe"; // 72 times a

    private readonly TempFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "htpasswd");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ann", "correct horse")]
    [InlineData("bob", "secret")]
    [InlineData("uni", "pässwörd")]
    [InlineData("old", "secret")]
    [InlineData("new", "secret")]
    public async Task Each_kind_of_bcrypt_hash_is_right_for_its_password_alone(string user, string password)
    {
        RequireBcrypt();
        await using var rig = await RigAsync(Ann, Bob, Uni, Old, New);

        ClaimsIdentity? identity = await rig.SignInAsync(user, password);

        Assert.Empty(rig.Mistakes);
        Assert.Equal(user, identity?.Name);
        Assert.Empty(identity!.FindAll(ClaimTypes.Role));
        Assert.Null(await rig.SignInAsync(user, password + "x"));
        Assert.Null(await rig.SignInAsync(user, password.ToUpperInvariant()));
    }

    [Fact]
    public async Task Bcrypt_reads_72_bytes_of_a_password()
    {
        RequireBcrypt();
        await using var rig = await RigAsync(Long);

        Assert.NotNull(await rig.SignInAsync("long", new string('a', 72)));
        Assert.NotNull(await rig.SignInAsync("long", new string('a', 4096)));
        Assert.Null(await rig.SignInAsync("long", new string('a', 71)));
    }

    [Fact]
    public async Task A_zero_character_ends_no_password()
    {
        RequireBcrypt();
        await using var rig = await RigAsync(Bob);

        Assert.Null(await rig.SignInAsync("bob", "secret\0"));
        Assert.Null(await rig.SignInAsync("bob", "secret\0more"));
    }

    [Fact]
    public async Task An_unknown_user_costs_the_same_hash_as_a_wrong_password()
    {
        RequireBcrypt();
        await using var rig = await RigAsync(Ann, Bob);

        await rig.FailAsync("bob");
        Assert.Equal(1, rig.Hashes);
        await rig.FailAsync("nobody");
        Assert.Equal(2, rig.Hashes);

        Assert.StartsWith("$2y$05$", HtpasswdTable.Parse($"{Ann}\n{Bob}", []).DummyHash, StringComparison.Ordinal);
        Assert.Equal(60, HtpasswdTable.Empty.DummyHash.Length);
    }

    [Fact]
    public async Task Comments_blank_lines_and_either_line_end_are_read()
    {
        RequireBcrypt();
        await System.IO.File.WriteAllTextAsync(File, $"# users\r\n\r\n  {Bob}  \r\n{Ann}", TestContext.Current.CancellationToken);
        await using var rig = new SignInRig(builder => builder.AddHtpasswd(File));

        Assert.Empty(rig.Mistakes);
        Assert.NotNull(await rig.SignInAsync("bob", "secret"));
        Assert.NotNull(await rig.SignInAsync("ann", "correct horse"));
    }

    [Fact]
    public void Every_mistake_is_named_by_its_line_without_a_hash_or_a_password()
    {
        string[] lines =
        [
            Ann,
            "md5:$apr1$jblQvyMM$Sr5iIZ0GIDJ5.kjDvcJnU1",
            "sha:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=",
            "plain:hunter2",
            "hunter3",
            Ann,
            "dear:$2y$17$LeFJPUdA/1kWHMdM.St1KeUWa.9Hzror0ZKhmIzo96d9rrxsQev0.",
            "cheap:$2y$03$LeFJPUdA/1kWHMdM.St1KeUWa.9Hzror0ZKhmIzo96d9rrxsQev0.",
            "cut:$2y$04$LeFJPUdA",
            "x:$2x$04$LeFJPUdA/1kWHMdM.St1KeUWa.9Hzror0ZKhmIzo96d9rrxsQev0.",
            "api:$2y$04$LeFJPUdA/1kWHMdM.St1KeUWa.9Hzror0ZKhmIzo96d9rrxsQev0.",
            "tail:$2y$04$LeFJPUdA/1kWHMdM.St1KeUWa.9Hzror0ZKhmIzo96d9rrxsQev0.:x",
        ];
        var mistakes = new List<string>();

        HtpasswdTable.Parse(string.Join('\n', lines), mistakes);

        string[] expected =
        [
            "line 2, user 'md5': its hash is not bcrypt; make it with 'htpasswd -B'.", "line 3, user 'sha': its hash is not", "line 4, user 'plain': its hash is not", "line 5: it is no 'name:hash'.",
            "line 6, user 'ann': it is there twice.", "line 7, user 'dear': its cost is 17", "line 8, user 'cheap': its cost is 03", "line 9, user 'cut': its hash is not", "line 10, user 'x': its hash is not",
            "line 11, user 'api': the name", "line 12, user 'tail': its hash is not",
        ];
        Assert.Equal(expected.Length, mistakes.Count);
        Assert.All(expected.Zip(mistakes), static pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.DoesNotContain(mistakes, static mistake => mistake.Contains("hunter", StringComparison.Ordinal) || mistake.Contains("LeFJ", StringComparison.Ordinal) || mistake.Contains("Efat", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_file_is_a_mistake_that_names_it()
    {
        RequireBcrypt();
        await using var rig = new SignInRig(builder => builder.AddHtpasswd(File));

        Assert.Equal($"the password file {File}: it cannot be found.", Assert.Single(rig.Mistakes));
    }

    [Fact]
    public async Task A_new_version_counts_within_a_second()
    {
        RequireBcrypt();
        await using var rig = await RigAsync(Ann, Bob);
        ClaimsIdentity ann = await rig.MustSignInAsync("ann", "correct horse");
        Assert.NotNull(await rig.SignInAsync("bob", "secret"));

        await System.IO.File.WriteAllTextAsync(File, Ann.Replace("$2y$05$K7ZHwAymuOUzpjUMhEesbOonuPDnICsPkPRXERcWRYT0.ApOTsDjC", New[4..], StringComparison.Ordinal), TestContext.Current.CancellationToken);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await rig.Chain.RenewAsync("htpasswd", ann, TestContext.Current.CancellationToken));
        Assert.Null(await rig.SignInAsync("ann", "correct horse"));
        Assert.NotNull(await rig.SignInAsync("ann", "secret"));
        Assert.Null(await rig.SignInAsync("bob", "secret"));
    }

    [Fact]
    public async Task A_bad_new_version_leaves_the_users_and_is_logged_once()
    {
        RequireBcrypt();
        await using var rig = await RigAsync(Ann, Bob);
        Assert.NotNull(await rig.SignInAsync("bob", "secret"));

        await System.IO.File.WriteAllTextAsync(File, "bob:hunter2", TestContext.Current.CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.NotNull(await rig.SignInAsync("bob", "secret"));
        }

        LogEntry complaint = Assert.Single(rig.Logs.Complaints);
        Assert.Equal(LogLevel.Error, complaint.Level);
        Assert.Contains("line 1, user 'bob'", complaint.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", complaint.Message, StringComparison.Ordinal);

        System.IO.File.Delete(File);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(await rig.SignInAsync("bob", "secret"));
        Assert.Equal(2, rig.Logs.Complaints.Length);

        await System.IO.File.WriteAllTextAsync(File, Ann, TestContext.Current.CancellationToken);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await rig.SignInAsync("bob", "secret"));
    }

    [Fact]
    public async Task Two_files_need_two_names()
    {
        RequireBcrypt();
        string other = File + "2";
        await System.IO.File.WriteAllTextAsync(File, Ann, TestContext.Current.CancellationToken);
        await System.IO.File.WriteAllTextAsync(other, Bob, TestContext.Current.CancellationToken);

        await using (var same = new SignInRig(builder => builder.AddHtpasswd(File).AddHtpasswd(other)))
        {
            Assert.Contains("'htpasswd'", Assert.Single(same.Mistakes), StringComparison.Ordinal);
        }

        await using var rig = new SignInRig(builder => builder.AddHtpasswd(File).AddHtpasswd(other, "others"));
        Assert.Empty(rig.Mistakes);
        Assert.NotNull(await rig.SignInAsync("ann", "correct horse"));
        Assert.Equal("others", (await rig.Chain.SignInAsync("bob", "secret", null, TestContext.Current.CancellationToken)).Validator);
    }

    [Fact]
    public async Task Where_the_c_library_has_no_bcrypt_the_start_is_stopped_with_a_reason()
    {
        await System.IO.File.WriteAllTextAsync(File, Ann, TestContext.Current.CancellationToken);
        await using var rig = new SignInRig(builder =>
        {
            builder.Services.AddSingleton(new BcryptLibrary([]));
            builder.AddHtpasswd(File);
        });

        Assert.Contains("crypt_r", Assert.Single(rig.Mistakes), StringComparison.Ordinal);
        Assert.Null(await rig.SignInAsync("ann", "correct horse"));
    }

    [Fact]
    public async Task Many_passwords_are_checked_at_once()
    {
        RequireBcrypt();
        using var bcrypt = new BcryptLibrary();
        bool[] results = new bool[64];

        await Parallel.ForAsync(0, results.Length, TestContext.Current.CancellationToken, (i, _) =>
        {
            results[i] = bcrypt.Verify(i % 2 == 0 ? "secret" : "wrong", Bob[4..]);
            return ValueTask.CompletedTask;
        });

        Assert.All(results.Index(), static result => Assert.Equal(result.Index % 2 == 0, result.Item));
    }

    private static void RequireBcrypt()
    {
        using var bcrypt = new BcryptLibrary();
        Assert.SkipUnless(bcrypt.IsAvailable, "The C library here has no crypt_r with bcrypt.");
    }

    private async Task<SignInRig> RigAsync(params string[] lines)
    {
        await System.IO.File.WriteAllLinesAsync(File, lines, TestContext.Current.CancellationToken);
        return new SignInRig(builder => builder.AddHtpasswd(File));
    }
}
