namespace Registry.Storage.FileSystem;

public sealed class FileNameCodecTests
{
    private static readonly string[] Tricky =
    [
        "con", "CON", "Con", "con.", "con.txt", "aux", "nul.tar.gz", "prn", "com0", "com9.x", "lpt1", "com10", "lpt", "console", "conin$", "conout$",
        ".", "..", "...", ".a", "a.", ".a.", "a..", "=", "=a", "==", "%", "%41", "%%", "a%", "a=", "A", "a", "aA", "Aa", "~", "a~1", "ABCDEF~1", "+", "lost+found", ".nfs0001", "sha256:abc", "a:b", "a*b", "a|b", "a<b>", "a\"b", "a?b", "a\\b",
        new('a', 71), new('a', 72), new('a', 73), new('A', 72), new('a', 143), new('a', 144), new('a', 145), new string('a', 72) + ".", new string('a', 72) + "con", new string('a', 72) + "..", new(':', 300), "con." + new string('x', 68), "con." + new string('x', 80),
    ];

    public static TheoryData<string> TrickyParts => [.. Tricky];

    [Theory]
    [MemberData(nameof(TrickyParts))]
    public void A_part_is_read_back_from_names_that_every_system_takes(string part)
    {
        string[] names = Encode(part);

        Assert.Equal(part, Decode(names));
        Assert.All(names, AssertTakenEverywhere);
    }

    [Fact]
    public void Random_parts_are_read_back_and_never_share_a_path_on_a_disk_that_ignores_case()
    {
        var random = new Random(20240611);
        const string Common = "aAbBcCnNoOuUlL=%.~01:+-";
        var owners = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string part in Enumerable.Range(0, 60_000).Select(_ => RandomPart()).Concat(Tricky))
        {
            string[] names = Encode(part);
            Assert.Equal(part, Decode(names));
            Assert.All(names, AssertTakenEverywhere);
            string path = string.Join('/', names);
            Assert.True(owners.TryAdd(path, part) || owners[path] == part, $"'{part}' and '{owners[path]}' share '{path}'.");
        }

        string RandomPart()
        {
            int length = random.Next(10) switch { 0 => random.Next(60, 160), 1 => random.Next(1, 30), _ => random.Next(1, 5) };
            bool common = random.Next(2) == 0;
            return string.Create(length, 0, (text, _) =>
            {
                foreach (ref char c in text)
                {
                    do
                    {
                        c = common ? Common[random.Next(Common.Length)] : (char)random.Next('!', '~' + 1);
                    }
                    while (c == '/');
                }
            });
        }
    }

    [Theory]
    [InlineData("lost+found")]
    [InlineData(".DS_Store")]
    [InlineData(".nfs000000000001")]
    [InlineData("Upper")]
    [InlineData("=")]
    [InlineData("%")]
    [InlineData("a b")]
    [InlineData("%3A")]
    [InlineData("%61")]
    [InlineData("%2f")]
    [InlineData("%00")]
    [InlineData("%7f")]
    [InlineData("%4")]
    [InlineData("=1")]
    [InlineData("=A")]
    [InlineData("con")]
    [InlineData("nul.x")]
    [InlineData("x.")]
    [InlineData("a~1")]
    [InlineData("short=")]
    [InlineData("é")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_name_that_no_part_is_spelled_like_is_nobodys(string name)
    {
        bool decoded = FileNameCodec.TryDecode(name, new char[FileNameCodec.ChunkLength], out int length, out _);

        // A bare "%" is the empty rest of a part that was cut, and nothing by itself.
        Assert.True(!decoded || length == 0);
    }

    [Fact]
    public void A_path_stays_below_the_folder_whatever_the_key()
    {
        var paths = new KeyPaths(new System.IO.Abstractions.FileSystem(), Path.Combine(Path.GetTempPath(), "x", "..", "root"));
        Assert.Equal(Path.Combine(Path.GetTempPath().TrimEnd(Path.DirectorySeparatorChar), "root"), paths.Root);

        foreach (string part in Tricky.Where(part => part is not ("." or "..")))
        {
            string path = paths.OfKey($"{part}/{part}");
            Assert.StartsWith(paths.Objects + Path.DirectorySeparatorChar, Path.GetFullPath(path), StringComparison.Ordinal);
            Assert.Equal(path, Path.GetFullPath(path));
        }

        foreach (string key in (string[])["..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/./b", "a\0b", "a\nb", ""])
        {
            Assert.Throws<ArgumentException>(() => paths.OfKey(key));
        }
    }

    private static string[] Encode(string part)
    {
        Span<char> buffer = new char[FileNameCodec.MaxEncodedLength(part.Length)];
        int length = FileNameCodec.EncodePart(part, '/', buffer);
        return buffer[..length].ToString().Split('/');
    }

    private static string Decode(string[] names)
    {
        string part = "";
        for (int i = 0; i < names.Length; i++)
        {
            Span<char> text = new char[FileNameCodec.ChunkLength];
            Assert.True(FileNameCodec.TryDecode(names[i], text, out int length, out bool continues), $"'{names[i]}' does not decode.");
            Assert.Equal(i < names.Length - 1, continues);
            part += text[..length].ToString();
        }

        return part;
    }

    private static void AssertTakenEverywhere(string name)
    {
        Assert.InRange(name.Length, 1, 220);
        Assert.DoesNotContain(name, c => c is < '!' or > '~' || "<>:\"/\\|?*~".Contains(c));
        Assert.Equal(name.ToLowerInvariant(), name);
        Assert.False(name.StartsWith('.') || name.EndsWith('.'), name);
        string stem = name.Split('.')[0];
        Assert.DoesNotContain(stem, (string[])["con", "prn", "aux", "nul", "com0", "com1", "com9", "lpt0", "lpt1", "lpt9"]);
    }
}
