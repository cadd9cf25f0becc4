using System.Globalization;
using Xunit;

namespace Registry.Storage.Testing;

public abstract partial class ObjectStoreContract
{
    [Fact]
    public async Task A_listing_of_nothing_is_an_empty_page()
    {
        KeyPage page = await Store.ListAsync(Key("nothing/"), null, 10, Cancel);

        Assert.Empty(page.Keys);
        Assert.False(page.HasMore);
    }

    [Fact]
    public async Task A_listing_shows_every_put_and_delete_at_once_to_every_instance()
    {
        await PutAllAsync([Key("a"), Key("b/c"), Key("b/d")]);
        Assert.Equal([Key("a"), Key("b/c"), Key("b/d")], await ListAllAsync(OtherStore, Key("")));

        await OtherStore.DeleteAsync(Key("b/c"), Cancel);
        Assert.Equal([Key("a"), Key("b/d")], await ListAllAsync(Store, Key("")));

        await Store.DeleteAsync(Key("b/d"), Cancel);
        await Store.DeleteAsync(Key("a"), Cancel);
        Assert.Empty(await ListAllAsync(OtherStore, Key("")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(ObjectStoreLimits.MaxPageKeys)]
    public async Task Keys_are_listed_in_ordinal_order_whatever_they_are_made_of(int limit)
    {
        string[] keys = await PutInOrdinalOrderAsync(OrderingNames());

        Assert.Equal(keys, await ListAllAsync(OtherStore, Key(""), limit: limit));
    }

    [Fact]
    public async Task A_full_page_that_ends_with_the_last_key_is_followed_by_nothing()
    {
        await PutAllAsync([Key("a"), Key("b"), Key("c"), Key("d")]);

        KeyPage first = await Store.ListAsync(Key(""), null, 2, Cancel);
        KeyPage second = await Store.ListAsync(Key(""), first.Keys[^1], 2, Cancel);
        KeyPage third = await Store.ListAsync(Key(""), second.Keys[^1], 2, Cancel);

        Assert.Equal([Key("a"), Key("b")], first.Keys);
        Assert.True(first.HasMore);
        Assert.Equal([Key("c"), Key("d")], second.Keys);
        Assert.Empty(third.Keys);
        Assert.False(third.HasMore);
    }

    [Fact]
    public async Task A_prefix_may_end_anywhere_in_a_key()
    {
        string[] keys = await PutInOrdinalOrderAsync(OrderingNames());
        string[] names = ["k", "k/", "k/y", "k/y/", "k/y/z", "k/y/zz", "ka", "k-", "k.", "K", "P", "p", "pp", "case/T", "folder", "folder/", "~", "zzz"];

        foreach (string prefix in names.Select(Key))
        {
            Assert.Equal(keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)), await ListAllAsync(Store, prefix, limit: 5));
        }
    }

    [Fact]
    public async Task A_listing_goes_on_after_any_text_be_it_a_key_or_not()
    {
        string[] keys = await PutInOrdinalOrderAsync(OrderingNames());
        IEnumerable<string> missing = ["", "k", "k/", "k/y", "k/y/", "k/y/0", "k/y~", "k0", "kz0", "Ka", "folder", "folder.", "folder/", "folder0", "~~~", "!"];

        foreach (string prefix in (string[])[Key(""), Key("k"), Key("k/"), Key("folder")])
        {
            foreach (string startAfter in missing.Select(Key).Concat(keys.Where((_, i) => i % 3 == 0)))
            {
                KeyPage page = await Store.ListAsync(prefix, startAfter, 3, Cancel);
                IEnumerable<string> expected = keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(key, startAfter) > 0);

                Assert.True(expected.Take(3).SequenceEqual(page.Keys), $"Of '{prefix}' after '{startAfter}', [{string.Join(", ", page.Keys)}] was listed.");
                Assert.True(page.HasMore || expected.Count() <= 3, $"Of '{prefix}' after '{startAfter}', the page hid that there was more.");
            }
        }
    }

    [Fact]
    public async Task A_start_before_or_beyond_the_prefix_lists_all_of_it_or_nothing()
    {
        await PutAllAsync([Key("m/1"), Key("m/2"), Key("n/1")]);

        Assert.Equal([Key("m/1"), Key("m/2")], await ListAllAsync(Store, Key("m/"), startAfter: "!"));
        Assert.Equal([Key("m/1"), Key("m/2")], await ListAllAsync(Store, Key("m/"), startAfter: Key("l")));
        Assert.Equal([Key("m/1"), Key("m/2")], await ListAllAsync(Store, Key("m/"), startAfter: Key("m")));
        Assert.Equal([Key("m/1"), Key("m/2")], await ListAllAsync(Store, Key("m/"), startAfter: Key("m/")));
        Assert.Equal([Key("m/1"), Key("m/2")], await ListAllAsync(Store, Key("m/"), startAfter: ""));
        Assert.Empty(await ListAllAsync(Store, Key("m/"), startAfter: Key("m/2")));
        Assert.Empty(await ListAllAsync(Store, Key("m/"), startAfter: Key("m0")));
        Assert.Empty(await ListAllAsync(Store, Key("m/"), startAfter: Key("n/1")));
        Assert.Empty(await ListAllAsync(Store, Key("m/"), startAfter: "~~~"));
    }

    [Fact]
    public async Task Long_parts_are_told_apart_and_listed_in_order()
    {
        string shared = new('s', 300);
        string[] keys = await PutInOrdinalOrderAsync(
        [
            shared, shared + "-", shared + ".", shared + "0", shared + "A", shared + "a", shared + "a-/x", shared + "a.x", shared + "ab/1", shared + "ab/2", shared + "ab-1",
            shared + new string('t', 300), shared + new string('t', 299), shared + new string('t', 299) + "s", shared + new string('t', 301),
            new('s', 299), new('s', 255), new('s', 256), new string('s', 254) + "-", new string('s', 255) + "S", new('S', 300),
            $"{new string('u', 260)}/{new string('v', 260)}/{new string('w', 260)}", $"{new string('u', 260)}/{new string('v', 260)}/{new string('W', 260)}",
        ]);

        foreach (string key in keys)
        {
            await AssertContentAsync(OtherStore, key, ContentOf(key));
            Assert.Equal(keys.SkipWhile(other => other != key).Skip(1), await ListAllAsync(Store, Key(""), startAfter: key, limit: 4));
        }

        Assert.Equal(keys, await ListAllAsync(Store, Key(""), limit: 3));
        Assert.Equal(keys.Where(key => key.StartsWith(Key(shared + "a"), StringComparison.Ordinal)), await ListAllAsync(Store, Key(shared + "a"), limit: 1));
        Assert.Equal(keys.Where(key => key.StartsWith(Key(shared + "ttt"), StringComparison.Ordinal)), await ListAllAsync(Store, Key(shared + "ttt")));
        Assert.Empty(await ListAllAsync(Store, Key(shared + "zzz")));
    }

    [Fact]
    public async Task A_listing_of_everything_shows_the_objects_and_nothing_that_the_store_keeps_for_itself()
    {
        await PutAllAsync([Key("a"), Key("b/c")]);
        UploadToken token = await AppendAsync(Store, await Store.BeginUploadAsync(Key("upload"), Cancel), Bytes(100_000));
        await using ObjectAppender appender = await OpenAppenderAsync(OtherStore, token);
        await appender.WriteAsync(Bytes(100_000), Cancel);

        List<string> all = await ListAllAsync(Store, "");

        Assert.All(all, key => Assert.StartsWith(AllTests, key, StringComparison.Ordinal));
        Assert.Equal([Key("a"), Key("b/c")], all.Where(key => key.StartsWith(Key(""), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Keys_that_come_and_go_between_two_pages_do_not_disturb_the_others()
    {
        await PutAllAsync("abcdefgh".Select(c => Key($"{c}/1")));
        KeyPage page = await Store.ListAsync(Key(""), null, 3, Cancel);
        Assert.Equal([Key("a/1"), Key("b/1"), Key("c/1")], page.Keys);

        // The last key of the page goes too: a listing goes on after its text, not after an object.
        foreach (string key in page.Keys)
        {
            await OtherStore.DeleteAsync(key, Cancel);
        }

        await PutAllAsync([Key("0/1"), Key("c/0"), Key("h/2")]);

        Assert.Equal([Key("d/1"), Key("e/1"), Key("f/1"), Key("g/1"), Key("h/1"), Key("h/2")], await ListAllAsync(Store, Key(""), page.Keys[^1], limit: 3));
    }

    [Fact]
    public async Task Every_key_that_stays_is_listed_exactly_once_while_others_come_and_go()
    {
        string[] stable = [.. Enumerable.Range(0, fixture.ManyKeys).Select(i => Key(string.Create(CultureInfo.InvariantCulture, $"{i / 100:D3}/{i % 100:D2}")))];
        await PutAllAsync(stable);
        bool listing = true;

        async Task<bool> ChurnAsync(IObjectStore store, int seed)
        {
            var random = new Random(seed);
            string[] suffixes = ["-", "!", ".x", "0", "~/x"];
            var added = new Queue<string>();
            while (Volatile.Read(ref listing))
            {
                string key = $"{stable[random.Next(stable.Length)]}{suffixes[random.Next(suffixes.Length)]}{seed}";
                await store.PutAsync(key, ContentOf(key), PutCondition.None, Cancel);
                added.Enqueue(key);
                if (added.Count > 20)
                {
                    await store.DeleteAsync(added.Dequeue(), Cancel);
                }

                await Task.Yield();
            }

            return true;
        }

        async Task<bool> ListAsync()
        {
            try
            {
                var expected = stable.ToHashSet(StringComparer.Ordinal);
                foreach (int limit in (int[])[ObjectStoreLimits.MaxPageKeys, 137, 500])
                {
                    // That the order is strict, which a key listed twice would break, is checked page by page.
                    List<string> listed = await ListAllAsync(Store, Key(""), limit: limit);
                    Assert.Equal(stable.Length, listed.Count(expected.Contains));
                }
            }
            finally
            {
                Volatile.Write(ref listing, false);
            }

            return true;
        }

        await TogetherAsync(ListAsync, () => ChurnAsync(Store, 1), () => ChurnAsync(OtherStore, 2));
    }

    [Fact]
    public async Task A_listing_refuses_what_no_key_starts_with()
    {
        foreach (string text in (string[])["/", "/a", "a//", "a//b", "../", "../x", "a/../", "./x", "a/./b", "a b", "a\0", "\n", "é", new('a', ObjectStoreLimits.MaxKeyLength + 1)])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListAsync(text, null, 10, Cancel).AsTask());
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.ListAsync(Key(""), text, 10, Cancel).AsTask());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ObjectStoreLimits.MaxPageKeys + 1)]
    public async Task A_listing_refuses_a_limit_out_of_range(int limit) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.ListAsync(Key(""), null, limit, Cancel).AsTask());

    /// <summary>Puts one object per name, not in order, and returns their keys in order.</summary>
    private async Task<string[]> PutInOrdinalOrderAsync(IEnumerable<string> names)
    {
        string[] keys = [.. names.Select(Key)];
        var shuffled = (string[])keys.Clone();
        new Random(1).Shuffle(shuffled);
        await PutAllAsync(shuffled);
        Array.Sort(keys, StringComparer.Ordinal);
        return keys;
    }

    /// <summary>Names whose ordinal order is neither that of a dictionary nor that of a walk through folders.</summary>
    private static IEnumerable<string> OrderingNames()
    {
        // Next to the folder "k/", a part "k" followed by every character that a part may hold, before and after the slash.
        for (char c = '!'; c <= '~'; c++)
        {
            if (c != '/')
            {
                yield return $"k{c}";
                yield return $"k{c}z";
            }
        }

        foreach (string name in (string[])["k/x", "k/X", "k/y/z", "k/y/zz", "k/y-", "k/y.z", "k/y0", "p", "P", "pp", "Pp", "pP", "case/Tag", "case/tag", "case/TAG", "Case/tag"])
        {
            yield return name;
        }

        // Folders whose names begin with each other: a walk would list all of "folder" before "folder-1".
        foreach (string folder in (string[])["folder", "folder-", "folder-1", "folder.1", "folder+", "folder!", "folder0", "folder_", "Folder", "folder~"])
        {
            yield return $"{folder}/1";
            yield return $"{folder}/2";
            yield return $"{folder}/10";
        }
    }
}
