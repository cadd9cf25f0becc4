using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    /// <summary>Parts that are good in a key and that some file system, server or URL library mistakes for something else.</summary>
    private static readonly string[] AwkwardParts =
    [
        "con", "CON", "nul", "aux", "aux.txt", "prn", "com1", "com1.log", "lpt9", "conin$", "clock$", "con.", "nul..x",
        "trailing.", "trailing..", "...", "..x", "x..", ".hidden", ".x.", "-", "--", "-rf", "~", "~x", "_", "!", "$", "$x", "${x}", "@", "#x", "?x", "?", "#", "&", "=", "+", "a+b", ",", ";", ":", "a:b", "c:",
        "*", "a*b", "\"", "'", "`", "<", ">", "<x>", "|", "\\", "a\\b", "..\\x", "^", "(", ")", "[x]", "{x}", "%", "%2F", "%2f", "%00", "%25", "a%", "%zz", "a%2e%2e",
        "desktop.ini", "thumbs.db", "lost+found", "x.tmp", "x.lock", "x.partial", "index.html", "uploads", "tmp", "NUL~1", "PROGRA~1", "sha256:0123456789abcdef",
    ];

    /// <summary>What is no key, whatever a file system or a server might make of it.</summary>
    private static readonly string[] InvalidKeys =
    [
        "", "/", "/a", "a/", "a//b", "//", ".", "..", "./a", "../x", "a/.", "a/..", "a/./b", "a/../b", "a/../../x", "a b", " a", "a ", "a\tb", "a\n", "a\r\nb", "a\0b", "\0", "a\u007f", "é",
        "a/日本", "a\ud800b", new('a', ObjectStoreLimits.MaxKeyLength + 1),
    ];

    [Fact]
    public async Task Parts_that_look_special_are_names_like_any_other()
    {
        string[] keys = await PutInOrdinalOrderAsync([.. AwkwardParts.Select(part => $"name/{part}"), .. AwkwardParts.Select(part => $"folder/{part}/{part}")]);

        Assert.Equal(keys, await ListAllAsync(OtherStore, Key("")));
        foreach (string key in keys)
        {
            await AssertContentAsync(OtherStore, key, ContentOf(key));
        }

        foreach (string part in AwkwardParts)
        {
            Assert.Equal([Key($"folder/{part}/{part}")], await ListAllAsync(Store, Key($"folder/{part}/")));
            await Store.DeleteAsync(Key($"name/{part}"), Cancel);
        }

        Assert.Equal(keys.Where(key => key.StartsWith(Key("folder/"), StringComparison.Ordinal)), await ListAllAsync(OtherStore, Key("")));
    }

    [Fact]
    public async Task Keys_that_differ_only_in_case_are_different_objects()
    {
        string[] keys = await PutInOrdinalOrderAsync(["tag", "Tag", "TAG", "a/x", "A/x", "a/X", "A/X"]);

        await Store.DeleteAsync(Key("TAG"), Cancel);
        await Store.DeleteAsync(Key("a/X"), Cancel);

        string[] left = [.. keys.Where(key => key != Key("TAG") && key != Key("a/X"))];
        Assert.Equal(left, await ListAllAsync(OtherStore, Key("")));
        foreach (string key in left)
        {
            await AssertContentAsync(OtherStore, key, ContentOf(key));
        }
    }

    [Fact]
    public async Task The_longest_keys_work_for_every_operation()
    {
        int room = ObjectStoreLimits.MaxKeyLength - Key("").Length;
        string[] names =
        [
            new('x', room), new string('x', room - 1) + "y", new string('x', room - 1) + "Y", new string(':', room), new string('C', room - 1),
            ManyParts('a', room), ManyParts('b', room),
        ];

        string[] keys = await PutInOrdinalOrderAsync(names);
        string uploaded = await UploadAsync(Key(new string('z', room)), Bytes(1000));

        Assert.Equal([.. keys, uploaded], await ListAllAsync(OtherStore, Key(""), limit: 2));
        foreach (string key in keys)
        {
            await AssertContentAsync(OtherStore, key, ContentOf(key));
            Assert.Equal([key], await ListAllAsync(Store, key));
            SmallObject read = await GetAsync(Store, key);
            Assert.True((await Store.PutAsync(key, Bytes(10), PutCondition.IfMatch(read.ETag), Cancel)).Succeeded);
            await Store.DeleteAsync(key, Cancel);
        }

        await AssertContentAsync(OtherStore, uploaded, Bytes(1000));
        Assert.Equal([uploaded], await ListAllAsync(OtherStore, Key("")));
    }

    [Fact]
    public async Task Every_operation_refuses_what_is_no_key()
    {
        foreach (string key in InvalidKeys)
        {
            await AssertRefusedAsync(key, () => Store.GetAsync(key, Cancel).AsTask());
            await AssertRefusedAsync(key, () => Store.OpenReadAsync(key, 0, null, Cancel).AsTask());
            await AssertRefusedAsync(key, () => Store.PutAsync(key, Bytes(1), PutCondition.None, Cancel).AsTask());
            await AssertRefusedAsync(key, () => Store.PutAsync(key, Bytes(1), PutCondition.IfAbsent, Cancel).AsTask());
            await AssertRefusedAsync(key, () => Store.DeleteAsync(key, Cancel).AsTask());
            await AssertRefusedAsync(key, () => Store.BeginUploadAsync(key, Cancel).AsTask());
        }

        Assert.All(await ListAllAsync(Store, ""), key => Assert.StartsWith(AllTests, key, StringComparison.Ordinal));
    }

    private static string ManyParts(char first, int length) => (first + string.Concat(Enumerable.Repeat("/a", (length - 1) / 2))).PadRight(length, 'a');

    private static async Task AssertRefusedAsync(string key, Func<Task> operation)
    {
        Exception? thrown = await Record.ExceptionAsync(operation);
        Assert.True(thrown is ArgumentException, $"'{Uri.EscapeDataString(key.Replace('\ud800', '?'))}' was not refused but gave {thrown?.GetType().Name ?? "a result"}.");
    }
}
