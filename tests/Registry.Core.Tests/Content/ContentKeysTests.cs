using Registry.Content;
using Registry.Core.Tests.Model;
using Registry.Model;
using Registry.Storage;

namespace Registry.Core.Tests.Content;

public sealed class ContentKeysTests
{
    private const string Id = "01arz3ndektsv4rrffq69g5fav";
    private const string OtherId = "01arz3ndektsv4rrffq69g5faw";

    private static readonly Digest A = Digest.Parse("sha256:" + new string('a', 64));
    private static readonly Digest B = Digest.Parse("sha512:" + new string('b', 128));
    private static readonly Digest Foreign = Digest.Parse("multihash+base58.x_y-z:" + new string('Q', 232));
    private static readonly Digest Tiny = Digest.Parse("x:=");
    private static readonly string[] Fragments = ["a", "b", "0", "z", ".", "_", "__", "-", "--", "/", "/", "manifests", "tags"];

    private static List<RepositoryName> Names(int count, int seed)
    {
        string[] near = ["a", "a/b", "a-b", "a.b", "a_b", "a/manifests", "a/manifests/b", "a/tags", "a/tag-names", "a/b/c", "a.b/c", "a-b/c", "a0", "ab", "a--b", "a__b"];
        var names = near.Select(static name => RepositoryName.Parse(name)).ToHashSet();
        foreach (string text in Texts.From(Fragments, 9, int.MaxValue, seed))
        {
            if (RepositoryName.TryParse(text, out RepositoryName name))
            {
                names.Add(name);
            }

            if (names.Count >= count)
            {
                break;
            }
        }

        return [.. names];
    }

    // Every key that a repository has something under.
    private static IEnumerable<string> KeysOf(RepositoryName name)
    {
        yield return ContentKeys.Catalog(name);
        foreach (Digest digest in new[] { A, B })
        {
            yield return ContentKeys.Manifest(name, digest);
            yield return ContentKeys.LeaseRef(digest, name, Id);
            yield return ContentKeys.ManifestRef(digest, name, A, Id);
            yield return ContentKeys.ManifestRef(digest, name, B, Id);
            yield return ContentKeys.Tagged(name, digest, Tag.Parse("v1"), Id);
        }

        foreach (Digest subject in new[] { A, B, Foreign, Tiny })
        {
            yield return ContentKeys.Referrer(name, subject, A, Id);
            yield return ContentKeys.ManifestRef(subject, name, A, OtherId);
        }

        foreach (string tag in new[] { "v1", "V1", "v1-x", "v", "lease-x", "_" })
        {
            yield return ContentKeys.Tag(name, Tag.Parse(tag));
            yield return ContentKeys.TagName(name, Tag.Parse(tag), Id);
        }
    }

    [Fact]
    public void Encoded_repository_names_sort_as_the_names_do()
    {
        List<RepositoryName> names = Names(4_000, seed: 1);

        Assert.Equal(
            names.OrderBy(static name => name.Value, StringComparer.Ordinal),
            names.OrderBy(static name => ContentKeys.Catalog(name), StringComparer.Ordinal));
    }

    [Fact]
    public void What_a_listing_starts_after_sorts_as_the_text_does()
    {
        List<RepositoryName> names = Names(500, seed: 2);
        foreach (string last in Texts.From([.. Fragments, "~", ":", "A", ".."], 8, 500, seed: 3))
        {
            foreach (RepositoryName name in names)
            {
                Assert.True(
                    string.CompareOrdinal(name.Value, last) > 0 == string.CompareOrdinal(ContentKeys.Catalog(name), ContentKeys.AfterCatalog(last)) > 0,
                    $"'{name}' after '{last}'");
            }
        }
    }

    [Fact]
    public void Every_key_is_one_that_stores_take()
    {
        string longest = string.Join('/', Enumerable.Repeat("a", 128));
        foreach (RepositoryName name in Names(200, seed: 4).Append(RepositoryName.Parse(longest)))
        {
            Assert.All(KeysOf(name), static key => Assert.True(ObjectKey.IsValid(key), key));
        }

        var repository = RepositoryName.Parse(longest);
        var tag = Tag.Parse(new string('x', 128));
        Assert.All(
            [
                ContentKeys.Format,
                ContentKeys.Data(Id),
                ContentKeys.Upload(Id),
                ContentKeys.Blob(A),
                ContentKeys.Blob(B),
                ContentKeys.Referrer(repository, Foreign, B, Id),
                ContentKeys.ManifestRef(Foreign, repository, B, Id),
                ContentKeys.Tagged(repository, B, tag, Id),
                ContentKeys.TagName(repository, tag, Id),
            ],
            static key => Assert.True(ObjectKey.IsValid(key), $"{key.Length}: {key}"));
        Assert.All(
            [ContentKeys.AfterTagName(repository, new string('x', 300)), ContentKeys.AfterCatalog(new string('.', 300)), ContentKeys.AfterReferrer(repository, Foreign, B)],
            static prefix => Assert.True(ObjectKey.IsValidPrefix(prefix), $"{prefix.Length}: {prefix}"));
    }

    [Fact]
    public void No_two_things_have_the_same_key_and_no_key_is_a_folder_of_another()
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (string key in Names(600, seed: 5).SelectMany(KeysOf).Concat([ContentKeys.Format, ContentKeys.Data(Id), ContentKeys.Upload(Id), ContentKeys.Blob(A), ContentKeys.Blob(B)]))
        {
            Assert.True(keys.Add(key), $"{key} is there twice.");
        }

        foreach (string key in keys)
        {
            for (int slash = key.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = key.IndexOf('/', slash + 1))
            {
                Assert.DoesNotContain(key[..slash], keys);
            }
        }
    }

    [Fact]
    public void The_prefixes_of_a_repository_hold_its_own_keys_only()
    {
        List<RepositoryName> names = Names(60, seed: 6);
        foreach (RepositoryName name in names)
        {
            string[] prefixes =
            [
                ContentKeys.TagNames(name),
                ContentKeys.Tagged(name, A),
                ContentKeys.Referrers(name, A),
                ContentKeys.Refs(A, name),
            ];
            foreach (RepositoryName other in names.Where(other => other != name))
            {
                Assert.All(KeysOf(other), key => Assert.DoesNotContain(prefixes, prefix => key.StartsWith(prefix, StringComparison.Ordinal)));
            }

            Assert.All(prefixes, prefix => Assert.Contains(KeysOf(name), key => key.StartsWith(prefix, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Names_come_back_out_of_keys()
    {
        foreach (RepositoryName name in Names(1_000, seed: 7))
        {
            Assert.True(ContentKeys.TryParseCatalog(ContentKeys.Catalog(name), out RepositoryName listed));
            Assert.Equal(name, listed);
            Assert.True(ContentKeys.TryParseRefRepository(ContentKeys.LeaseRef(A, name, Id), out RepositoryName leasing));
            Assert.Equal(name, leasing);
            Assert.True(ContentKeys.TryParseRefRepository(ContentKeys.ManifestRef(Foreign, name, B, Id), out RepositoryName holding));
            Assert.Equal(name, holding);
        }
    }

    [Fact]
    public void The_owner_comes_back_out_of_a_ref()
    {
        RepositoryName name = RepositoryName.Parse("a/b");
        Assert.True(ContentKeys.TryParseRefOwner(ContentKeys.LeaseRef(A, name, Id), out RefOwner lease));
        Assert.Equal(new RefOwner(null, Id), lease);
        foreach (Digest manifest in new[] { A, B })
        {
            Assert.True(ContentKeys.TryParseRefOwner(ContentKeys.ManifestRef(Foreign, name, manifest, Id), out RefOwner owner));
            Assert.Equal(new RefOwner(manifest, Id), owner);
            Assert.True(ContentKeys.TryParseRefOwner(ContentKeys.Referrer(name, Foreign, manifest, Id), out RefOwner referrer));
            Assert.Equal(owner, referrer);
        }

        Assert.Equal(1469922850259, lease.Time.ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("lease-")]
    [InlineData("lease-01arz3ndektsv4rrffq69g5fa")]
    [InlineData("sha256-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sha256-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")]
    [InlineData("sha256-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!x")]
    [InlineData("sha256-a!01arz3ndektsv4rrffq69g5fav")]
    [InlineData("sha256!01arz3ndektsv4rrffq69g5fav")]
    [InlineData("!-01arz3ndektsv4rrffq69g5fav")]
    public void What_is_no_owner_is_not_taken_for_one(string last) => Assert.False(ContentKeys.TryParseRefOwner("refs/x/" + last, out _));

    [Fact]
    public void Leases_sort_before_manifests()
    {
        RepositoryName name = RepositoryName.Parse("a");
        Assert.True(string.CompareOrdinal(ContentKeys.LeaseRef(A, name, Id), ContentKeys.ManifestRef(A, name, A, Id)) < 0);
        Assert.True(string.CompareOrdinal(ContentKeys.LeaseRef(A, name, Id), ContentKeys.ManifestRef(A, name, B, Id)) < 0);
        Assert.True(string.CompareOrdinal(ContentKeys.ManifestRef(A, name, B, OtherId), ContentKeys.AfterRefs(A, name)) < 0);
    }

    [Fact]
    public void Markers_of_tags_sort_as_the_tags_do_and_give_them_back()
    {
        RepositoryName name = RepositoryName.Parse("a");
        var tags = Texts.From(["a", "A", "0", "_", ".", "-", "v1"], 6, 5_000, seed: 8)
            .Where(static text => Tag.TryParse(text, out _)).Distinct(StringComparer.Ordinal).Select(static text => Tag.Parse(text)).ToList();

        var markers = tags.SelectMany(tag => new[] { ContentKeys.TagName(name, tag, OtherId), ContentKeys.TagName(name, tag, Id) }).Order(StringComparer.Ordinal).ToList();
        var expected = tags.OrderBy(static tag => tag.Value, StringComparer.Ordinal).SelectMany(static tag => new[] { (tag, Id), (tag, OtherId) }).ToList();

        Assert.Equal(expected.Count, markers.Count);
        for (int i = 0; i < markers.Count; i++)
        {
            Assert.True(ContentKeys.TryParseTag(markers[i], out Tag tag, out string generation));
            Assert.Equal(expected[i], (tag, generation));
            Assert.True(string.CompareOrdinal(markers[i], ContentKeys.AfterTagName(name, tag.Value)) < 0);
        }
    }

    [Theory]
    [InlineData("repos/a/tag-names/")]
    [InlineData("repos/a/tag-names/v1")]
    [InlineData("repos/a/tag-names/!01arz3ndektsv4rrffq69g5fav")]
    [InlineData("repos/a/tag-names/.x!01arz3ndektsv4rrffq69g5fav")]
    public void What_is_no_marker_of_a_tag_is_not_taken_for_one(string key) => Assert.False(ContentKeys.TryParseTag(key, out _, out _));

    [Fact]
    public void Referrers_are_passed_by_starting_after_them()
    {
        RepositoryName name = RepositoryName.Parse("a");
        string after = ContentKeys.AfterReferrer(name, Foreign, A);

        Assert.True(string.CompareOrdinal(ContentKeys.Referrer(name, Foreign, A, OtherId), after) < 0);
        Assert.True(string.CompareOrdinal(ContentKeys.Referrer(name, Foreign, Digest.Parse("sha256:" + new string('a', 63) + "b"), Id), after) > 0);
        Assert.True(string.CompareOrdinal(ContentKeys.Referrer(name, Foreign, B, Id), after) > 0);
    }
}
